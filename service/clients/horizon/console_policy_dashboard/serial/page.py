# SPDX-License-Identifier: Apache-2.0
"""Horizon's serial page: a working terminal that Horizon itself may frame.

Stock Horizon answers its own frame with X-Frame-Options: DENY, and its page
needs an angular.js that not every distribution ships. This template needs
only term.js, which Horizon ships.

The Console tab opens a serial console before it frames this page, which
would open it again. So the tab keeps the URL in the user's session, and the
page takes it, once and within MAX_AGE.
"""

import time

from django.conf import settings
from django.contrib.sessions.backends import base as sessions
from django import shortcuts
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from horizon import exceptions

from openstack_dashboard import api
from openstack_dashboard.dashboards.project.instances import console as stock

from console_policy_dashboard.shim import messages

TEMPLATE = 'console_policy_dashboard/serial_console.html'
#: Seconds until the page must load; Nova's token lives for 600.
MAX_AGE = 60
#: Instances for which a session keeps a URL.
MAX_KEPT = 4
_KEY = 'console_policy_serial'
_NOTED = '_console_policy_serial'
_TAKEN = '_console_policy_serial_taken'


def page_url(instance_id):
    """The path of the page for an instance.

    Not a whole URL: behind a proxy that ends TLS, Horizon may not know the
    browser's scheme.
    """
    return reverse('horizon:project:instances:serial', args=[instance_id])


def framed_by_same_origin(dispatch):
    """Wrap SerialConsoleView.dispatch: the Console tab may frame the page."""
    def wrapped(self, request, *args, **kwargs):
        response = dispatch(self, request, *args, **kwargs)
        response['X-Frame-Options'] = 'SAMEORIGIN'
        return response
    return wrapped


def with_error(get_context_data):
    """Wrap SerialConsoleView.get_context_data: show why none opened."""
    def wrapped(self, **kwargs):
        _take_url(self.request, self.kwargs['instance_id'])
        context = get_context_data(self, **kwargs)
        error = messages.noted(self.request)
        if error is not None:
            context['error_message'] = str(error)
        return context
    return wrapped


def auto_console(request, instance_id):
    """Replaces views.auto_console, which redirects to the console.

    For a serial console it redirects to the serial page.
    """
    try:
        instance = api.nova.server_get(request, instance_id)
        console_type, url = stock.get_console(request, settings.CONSOLE_TYPE,
                                              instance)
        if console_type == 'SERIAL':
            keep_url(request, instance_id)
            url = page_url(instance_id)
        return shortcuts.redirect(url)
    except Exception:
        exceptions.handle(
            request,
            _('Unable to get console for instance "%s".') % instance_id,
            redirect=reverse('horizon:project:instances:index'))


def note_url(request, instance_id, url):
    """Note that this request opened a serial console."""
    setattr(request, _NOTED, (instance_id, url))


def keep_url(request, instance_id):
    """Keep the noted URL in the session for the page."""
    noted = vars(request).get(_NOTED)
    session = _session(request)
    if session is None or noted is None or noted[0] != instance_id:
        return
    kept = _fresh(session)
    kept[instance_id] = [noted[1], time.time()]
    while len(kept) > MAX_KEPT:
        del kept[next(iter(kept))]
    session[_KEY] = kept


def taken_url(request, instance_id):
    """The URL that this page took from the session, or None."""
    taken = vars(request).get(_TAKEN)
    return taken[1] if taken is not None and taken[0] == instance_id else None


def _take_url(request, instance_id):
    session = _session(request)
    if session is None or _KEY not in session:
        return
    kept = _fresh(session)
    found = kept.pop(instance_id, None)
    session[_KEY] = kept
    if found is not None:
        setattr(request, _TAKEN, (instance_id, found[0]))


def _fresh(session):
    """The URLs in a session that are not too old, oldest first."""
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
