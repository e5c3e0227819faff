# SPDX-License-Identifier: Apache-2.0
"""Compute hosts that did not answer, known to all workers for a while.

Each console call to a dead host holds a worker of Nova's API for a whole RPC
timeout, and the user as long. After one, the next openings on that host are
told at once; when the time is over one of them tries, and the others are
still told. Who does not know where an instance is goes by the instance. Kept
in Django's cache under at most 4 * SLOTS keys, of which a cloud without a
dead host uses none; two hosts, or two instances, in one slot forget each
other, which costs one more try.
"""

import hashlib
import logging
import time

from django.core.cache import caches
from django.core.cache.backends import locmem

LOG = logging.getLogger(__name__)

SLOTS = 32
#: Seconds after which a host that nobody tried again is forgotten.
FORGOTTEN_AFTER = 600


class Hosts:
    """The hosts that did not answer. Safe for concurrent use.

    :param seconds: how long an opening there is told so at once; 0: never.
    :param probe_seconds: the longest time that one try takes.
    :param cache: name of a cache in CACHES; None: this process's own.
    """

    def __init__(self, seconds, probe_seconds, cache):
        self._hosts = _Silent('host', seconds, probe_seconds, cache)
        self._instances = _Silent('instance', seconds, probe_seconds, cache)

    def may_try(self, instance):
        """Whether Nova may be asked for a console of this instance.

        :param instance: an instance.Instance.
        """
        if instance.is_known:
            return self._hosts.may_try(instance.host_id)
        return self._instances.may_try(instance.instance_id)

    def timed_out(self, instance):
        """A console call for this instance was not answered in time."""
        self._hosts.set(instance.host_id, True)
        if instance.host_id or not instance.is_known:
            self._instances.set(instance.instance_id, True)

    def answered(self, instance):
        """The host of this instance answered, whatever it said."""
        self._hosts.set(instance.host_id, False)
        self._instances.set(instance.instance_id, False)


class _Silent:
    """What is silent, by name; an empty name or None is never."""

    def __init__(self, kind, seconds, probe_seconds, cache):
        self._down = 'console-policy.%s.1.%%d' % kind
        self._probe = 'console-policy.%s-probe.1.%%d' % kind
        self._seconds = seconds
        self._probe_seconds = probe_seconds
        self._cache_name = cache
        self._own = locmem.LocMemCache('console-policy-hosts', {})

    def may_try(self, name):
        if not self._seconds or not name:
            return True
        try:
            slot, since = self._find(name)
            if since is None:
                return True
            if 0 <= time.time() - since < self._seconds:
                return False
            # Who comes first tries, and the others hear of it.
            return self._cache().add(self._probe % slot, name,
                                     int(self._probe_seconds) + 5)
        except Exception:
            LOG.debug('console-policy: cache not read', exc_info=True)
            return True

    def set(self, name, down):
        if not self._seconds or not name:
            return
        try:
            slot, since = self._find(name)
            if down:
                self._cache().set(self._down % slot, (name, time.time()),
                                  FORGOTTEN_AFTER)
            elif since is not None:
                self._cache().delete(self._down % slot)
            if down or since is not None:
                self._cache().delete(self._probe % slot)
        except Exception:
            LOG.debug('console-policy: cache not written', exc_info=True)

    def _find(self, name):
        """The slot of a name, and since when it is silent or None."""
        digest = hashlib.sha256(name.encode('utf-8', 'replace')).digest()
        slot = digest[0] % SLOTS
        found = self._cache().get(self._down % slot)
        if (isinstance(found, (tuple, list)) and len(found) == 2 and
                found[0] == name and isinstance(found[1], float)):
            return slot, found[1]
        return slot, None

    def _cache(self):
        return (self._own if self._cache_name is None
                else caches[self._cache_name])
