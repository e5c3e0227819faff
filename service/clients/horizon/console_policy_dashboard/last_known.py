# SPDX-License-Identifier: Apache-2.0
"""The last known answers, for the time the service is away.

Each process keeps them in memory, and in a cache of Django's as well, so
that workers share what they know where that cache is shared. In the cache
they take BUCKETS keys and no more: a cache that also holds the sessions
(Debian's default, with room for 300 keys) must not lose those to us.
"""

import collections
import hashlib
import logging
import threading
import time

from django.core.cache import caches

from console_policy_dashboard import resolution

LOG = logging.getLogger(__name__)

BUCKETS = 16
_BUCKET = 'console-policy.last-known.2.%d'
#: An entry that says the same is written to the cache again after this
#: part of its life, so that it does not die of age there while it is true.
_REFRESH = 0.04


class LastKnown:
    """Answers by key, bounded in number and in age. Thread-safe.

    :param max_age: seconds after which an answer is forgotten.
    :param max_entries: answers kept; the oldest go first.
    :param cache: name of a cache in CACHES, or None.
    """

    def __init__(self, max_age, max_entries, cache):
        self._max_age = max_age
        self._max_entries = max_entries
        self._per_bucket = max(1, max_entries // BUCKETS)
        self._cache = cache
        self._lock = threading.Lock()
        self._entries = collections.OrderedDict()
        self._shared_at = {}

    def remember(self, key, answer, tag=None):
        """Keep a Resolution under a key (a tuple of texts).

        :param tag: the entity tag that the service gave it, or None.
        """
        now = time.time()
        name = _digest(key)
        entry = {'at': now, 'answer': resolution.encode(answer), 'tag': tag}
        with self._lock:
            before = self._entries.pop(name, None)
            self._entries[name] = entry
            shared_at = self._shared_at.get(name, 0.0)
            share = (before is None or before['answer'] != entry['answer'] or
                     before['tag'] != tag or
                     not 0 <= now - shared_at < self._max_age * _REFRESH)
            if share:
                self._shared_at[name] = now
            while len(self._entries) > self._max_entries:
                gone, _entry = self._entries.popitem(last=False)
                self._shared_at.pop(gone, None)
        if share:
            self._share(name, entry)

    def recall(self, key):
        """The newest Resolution known for the key, or None."""
        found = self.recall_tagged(key)
        return None if found is None else found[0]

    def is_recent(self, key):
        """Whether this process has remembered it not long ago."""
        with self._lock:
            own = self._entries.get(_digest(key))
        return (own is not None and
                0 <= time.time() - own['at'] < self._max_age * _REFRESH)

    def recall_tagged(self, key, own_first=False):
        """The same with its entity tag, as a pair, or None.

        :param own_first: the cache is not asked where this process knows.
        """
        name = _digest(key)
        with self._lock:
            own = self._entries.get(name)
        if own_first and self._valid(own) is not None:
            return self._valid(own), own['tag']
        found = [(entry['at'], answer, entry.get('tag'))
                 for entry in (own, self._bucket(name).get(name))
                 for answer in (self._valid(entry),) if answer is not None]
        if not found:
            return None
        newest = max(found, key=lambda entry: entry[0])
        return newest[1], newest[2] if isinstance(newest[2], str) else None

    def _valid(self, entry):
        """The answer in an entry, or None. A cache is not trusted either."""
        if not isinstance(entry, dict):
            return None
        at = entry.get('at')
        if not isinstance(at, float) or time.time() - at > self._max_age:
            return None
        try:
            return resolution.read(entry.get('answer'))
        except resolution.InvalidAnswer:
            return None

    def _bucket(self, name):
        if self._cache is None:
            return {}
        try:
            bucket = caches[self._cache].get(_bucket_key(name))
        except Exception:
            # A cache that is down is the trouble of whoever keeps sessions
            # in it; here it costs only what other workers know.
            LOG.debug('console-policy: cache not read', exc_info=True)
            return {}
        return bucket if isinstance(bucket, dict) else {}

    def _share(self, name, entry):
        if self._cache is None:
            return
        # Two workers may write one bucket at the same time and one entry
        # may be lost: each process still has its own.
        bucket = {n: e for n, e in self._bucket(name).items()
                  if self._valid(e) is not None}
        bucket[name] = entry
        for old in sorted(bucket, key=lambda n: bucket[n]['at'])[
                :len(bucket) - self._per_bucket]:
            del bucket[old]
        try:
            caches[self._cache].set(_bucket_key(name), bucket,
                                    timeout=int(self._max_age) or 1)
        except Exception:
            LOG.debug('console-policy: cache not written', exc_info=True)


def _digest(key):
    text = '\0'.join(key).encode('utf-8')
    return hashlib.sha256(text).hexdigest()[:32]


def _bucket_key(name):
    return _BUCKET % (int(name[:8], 16) % BUCKETS)
