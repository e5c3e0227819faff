# SPDX-License-Identifier: Apache-2.0
"""Compute hosts that did not answer, shared by all workers for a while.

A console call to a dead host holds a worker of Nova's API, and the user, for
a whole RPC timeout. After one timeout the next openings on that host fail at
once; then one opening tries, while the others still fail at once. If the
host is unknown, the instance is the key. The state is in Django's cache
under at most 4 * SLOTS keys, none if all hosts answer. Two hosts in one slot
overwrite each other, which costs one more try.
"""

import hashlib
import logging
import time

from django.core.cache import caches
from django.core.cache.backends import locmem

LOG = logging.getLogger(__name__)

SLOTS = 32
#: Seconds after which a host that was not tried again is forgotten.
EXPIRY = 600


class Hosts:
    """The hosts that did not answer. Safe for concurrent use."""

    def __init__(self, seconds, probe_seconds, cache):
        """No host is down.

        :param seconds: how long openings fail at once; 0: never.
        :param probe_seconds: the longest time of one try.
        :param cache: name of a cache in CACHES; None: this process's own.
        """
        self._hosts = _Down('host', seconds, probe_seconds, cache)
        self._instances = _Down('instance', seconds, probe_seconds, cache)

    def may_try(self, instance):
        """Whether to ask Nova for a console of a server.Instance."""
        if instance.is_fetched:
            return self._hosts.may_try(instance.host_id)
        return self._instances.may_try(instance.instance_id)

    def timed_out(self, instance):
        """A console call for this instance had no answer in time."""
        self._hosts.set(instance.host_id, True)
        if instance.host_id or not instance.is_fetched:
            self._instances.set(instance.instance_id, True)

    def answered(self, instance):
        """The host of this instance answered."""
        self._hosts.set(instance.host_id, False)
        self._instances.set(instance.instance_id, False)


class _Down:
    """Names of what is down; an empty name or None never is."""

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
            # add() succeeds for one opening only: that one tries.
            return self._cache().add(self._probe % slot, name,
                                     int(self._probe_seconds) + 5)
        except Exception:
            LOG.debug('console-policy: cannot read the cache', exc_info=True)
            return True

    def set(self, name, down):
        if not self._seconds or not name:
            return
        try:
            slot, since = self._find(name)
            if down:
                self._cache().set(self._down % slot, (name, time.time()),
                                  EXPIRY)
            elif since is not None:
                self._cache().delete(self._down % slot)
            if down or since is not None:
                self._cache().delete(self._probe % slot)
        except Exception:
            LOG.debug('console-policy: cannot write the cache',
                      exc_info=True)

    def _find(self, name):
        """The slot of a name, and since when it is down or None."""
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
