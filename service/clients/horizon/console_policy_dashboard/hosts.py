# SPDX-License-Identifier: Apache-2.0
"""Compute hosts that did not answer, known to all workers for a while.

Each console call to a dead host holds a worker of Nova's API for a whole RPC
timeout, and the user as long. After one, the next openings on that host are
told at once; when the time is over one of them tries, and the others are
still told. Kept in Django's cache under at most 2 * SLOTS keys, of which a
cloud without a dead host uses none; two hosts in one slot forget each other,
which costs one more try.
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
_DOWN = 'console-policy.host.1.%d'
_PROBE = 'console-policy.probe.1.%d'


class Hosts:
    """The hosts that did not answer. Safe for concurrent use.

    :param seconds: how long an opening there is told so at once; 0: never.
    :param probe_seconds: the longest time that one try takes.
    :param cache: name of a cache in CACHES; None: this process's own.
    """

    def __init__(self, seconds, probe_seconds, cache):
        self._seconds = seconds
        self._probe_seconds = probe_seconds
        self._name = cache
        self._own = locmem.LocMemCache('console-policy-hosts', {})

    def may_try(self, host):
        """Whether Nova may be asked for a console on this host.

        :param host: a text that names it; empty or None: it is not known.
        """
        if not self._seconds or not host:
            return True
        try:
            slot, since = self._look(host)
            if since is None:
                return True
            if 0 <= time.time() - since < self._seconds:
                return False
            # Who comes first tries, and the others hear of it.
            return self._cache().add(_PROBE % slot, host,
                                     int(self._probe_seconds) + 5)
        except Exception:
            LOG.debug('console-policy: cache not read', exc_info=True)
            return True

    def timed_out(self, host):
        """A console call to this host was not answered in time."""
        self._set(host, True)

    def answered(self, host):
        """This host answered, whatever it said."""
        self._set(host, False)

    def _set(self, host, down):
        if not self._seconds or not host:
            return
        try:
            slot, since = self._look(host)
            if down:
                self._cache().set(_DOWN % slot, (host, time.time()),
                                  FORGOTTEN_AFTER)
            elif since is not None:
                self._cache().delete(_DOWN % slot)
            if down or since is not None:
                self._cache().delete(_PROBE % slot)
        except Exception:
            LOG.debug('console-policy: cache not written', exc_info=True)

    def _look(self, host):
        """The slot of a host, and since when it is down or None."""
        digest = hashlib.sha256(host.encode('utf-8', 'replace')).digest()
        slot = digest[0] % SLOTS
        found = self._cache().get(_DOWN % slot)
        if (isinstance(found, (tuple, list)) and len(found) == 2 and
                found[0] == host and isinstance(found[1], float)):
            return slot, found[1]
        return slot, None

    def _cache(self):
        return self._own if self._name is None else caches[self._name]
