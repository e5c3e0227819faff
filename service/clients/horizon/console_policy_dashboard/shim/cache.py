# SPDX-License-Identifier: Apache-2.0
"""Last known answers, for an outage of the service.

Each process keeps them in memory. It also writes them to a cache of Django,
so that workers and controllers share them, unless that cache is in the
memory of the process as well: it would hold nothing new, and its few places
belong to Horizon.
"""

import collections
import hashlib
import logging
import threading
import time

from django.conf import settings as django_settings
from django.core.cache import caches

from console_policy_dashboard.shim import resolution

LOG = logging.getLogger(__name__)

_KEY = 'console-policy.%s.3.%s'
#: An unchanged entry is written to the cache again after this part of its
#: life, so that it does not expire there while it is current.
_REFRESH = 0.04


class LastKnown:
    """Values by key, bounded in number and in age. Thread-safe.

    Each value is one key in the cache, smaller than the 1 MiB that memcached
    takes: an answer has at most client.MAX_BODY_BYTES.
    """

    def __init__(self, kind, settings, read, write):
        """Values of a kind.

        :param kind: name of the kind in the keys of the cache.
        :param read: function from the plain form to the value; raises
            resolution.InvalidAnswer.
        :param write: function from the value to its plain form.
        """
        self._kind = kind
        self._max_age = settings.last_known_max_age
        self._max_entries = settings.last_known_max_entries
        self._cache_name = _shared(settings.cache)
        self._read = read
        self._write = write
        self._lock = threading.Lock()
        self._entries = collections.OrderedDict()

    def put(self, key, value):
        """Keep a value under a key, a tuple of texts."""
        name = self._name(key)
        now = time.time()
        entry = {'at': now, 'value': self._write(value), 'shared_at': now}
        with self._lock:
            before = self._entries.pop(name, None)
            self._entries[name] = entry
            while len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)
            shared = (before is not None and
                      before['value'] == entry['value'] and
                      0 <= now - before['shared_at'] <
                      self._max_age * _REFRESH)
            if shared:
                entry['shared_at'] = before['shared_at']
        if not shared:
            self._share(name, entry)

    def get(self, key, own_first=False):
        """The newest value known for the key, or None.

        :param own_first: do not ask the cache if this process has a value.
        """
        name = self._name(key)
        with self._lock:
            own = self._entries.get(name)
        value = self._valid(own)
        if value is not None and own_first:
            return value
        shared = self._shared_entry(name)
        newer = self._valid(shared)
        if newer is not None and (value is None or
                                  shared['at'] > own['at']):
            return newer
        return value

    def _name(self, key):
        text = '\0'.join(key).encode('utf-8', 'replace')
        return _KEY % (self._kind, hashlib.sha256(text).hexdigest())

    def _valid(self, entry):
        """The value of an entry, or None. The cache is not trusted."""
        if not isinstance(entry, dict):
            return None
        at = entry.get('at')
        if not isinstance(at, float) or time.time() - at > self._max_age:
            return None
        try:
            return self._read(entry.get('value'))
        except resolution.InvalidAnswer:
            return None

    def _shared_entry(self, name):
        if self._cache_name is None:
            return None
        try:
            return caches[self._cache_name].get(name)
        except Exception:
            # Without the cache only the answers of other workers are lost.
            LOG.debug('console-policy: cannot read the cache', exc_info=True)
            return None

    def _share(self, name, entry):
        if self._cache_name is None:
            return
        try:
            caches[self._cache_name].set(name, entry,
                                         timeout=int(self._max_age) or 1)
        except Exception:
            LOG.debug('console-policy: cannot write the cache',
                      exc_info=True)


def _shared(name):
    """The name of the cache if other processes can see it, else None."""
    if name is None or django_settings.CACHES[name]['BACKEND'].endswith(
            ('LocMemCache', 'DummyCache')):
        return None
    return name


class Memory:
    """What the services last answered, by opening and by project."""

    def __init__(self, settings):
        self.answers = LastKnown('answer', settings, _read_answer,
                                 _write_answer)
        # Apart, so that many instances cannot evict a project's denies.
        self.denies = LastKnown('project', settings, _read_denies,
                                _write_denies)


def _read_answer(fields):
    if not isinstance(fields, dict):
        raise resolution.InvalidAnswer('not an answer')
    etag = fields.get('etag')
    return (resolution.read(fields.get('answer')),
            etag if isinstance(etag, str) else None)


def _write_answer(value):
    return {'answer': resolution.write(value[0]), 'etag': value[1]}


def _read_denies(fields):
    if not isinstance(fields, dict):
        raise resolution.InvalidAnswer('no denies')
    return {'denied': resolution.read_denied(fields.get('denied')),
            'domain_id': fields.get('domain_id')}


def _write_denies(value):
    return {'denied': resolution.write_denied(value['denied']),
            'domain_id': value['domain_id']}
