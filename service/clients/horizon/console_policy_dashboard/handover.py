# SPDX-License-Identifier: Apache-2.0
"""One token for one serial console: the page that chose gives it on.

The tab asks Nova before it knows that SERIAL opens, and then frames the
serial page, which would ask again. So the URL is kept in the user's session
for the serial page, which takes it once and soon, or asks Nova itself.
"""

import time

from django.contrib.sessions.backends import base as sessions

#: Seconds that the page may take to come; Nova's own token lives for 600.
MAX_AGE = 60
#: Instances for which a session keeps one.
MAX_KEPT = 4
_KEY = 'console_policy_serial'
_NOTED = '_console_policy_serial'
_TAKEN = '_console_policy_serial_taken'


def note(request, instance_id, url):
    """Note that this request opened a serial console."""
    setattr(request, _NOTED, (instance_id, url))


def give(request, instance_id):
    """Keep what this request noted for the serial page that follows."""
    noted = vars(request).get(_NOTED)
    session = _session(request)
    if session is None or noted is None or noted[0] != instance_id:
        return
    kept = _fresh(session)
    kept[instance_id] = [noted[1], time.time()]
    while len(kept) > MAX_KEPT:
        del kept[next(iter(kept))]
    session[_KEY] = kept


def take(request, instance_id):
    """Take what was kept for this page, if it is there, once."""
    session = _session(request)
    if session is None or _KEY not in session:
        return
    kept = _fresh(session)
    found = kept.pop(instance_id, None)
    session[_KEY] = kept
    if found is not None:
        setattr(request, _TAKEN, (instance_id, found[0]))


def taken(request, instance_id):
    """The URL that was taken for this page, or None."""
    found = vars(request).get(_TAKEN)
    return found[1] if found is not None and found[0] == instance_id else None


def _fresh(session):
    """What a session keeps and what is not too old, oldest first."""
    kept = session.get(_KEY)
    now = time.time()
    try:
        return {instance_id: [url, at]
                for instance_id, (url, at) in kept.items()
                if isinstance(url, str) and 0 <= now - at < MAX_AGE}
    except (AttributeError, TypeError, ValueError):
        return {}


def _session(request):
    session = getattr(request, 'session', None)
    return session if isinstance(session, (dict, sessions.SessionBase)) \
        else None
