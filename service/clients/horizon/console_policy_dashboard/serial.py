# SPDX-License-Identifier: Apache-2.0
"""Horizon's serial page: a working terminal that Horizon itself may frame.

Stock answers its own iframe with X-Frame-Options: DENY, and its page needs
an angular.js that not every distribution serves. The template of the shim
needs nothing but term.js, which Horizon ships.
"""

from django.conf import settings
from django import shortcuts
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from horizon import exceptions

from openstack_dashboard import api
from openstack_dashboard.dashboards.project.instances import console as stock

from console_policy_dashboard import denial
from console_policy_dashboard import handover

TEMPLATE = 'console_policy_dashboard/serial_console.html'


def page_url(instance_id):
    """The page that shows the serial console of an instance.

    A path, not a whole URL: behind a proxy that ends TLS Horizon may not
    know which scheme the browser used.
    """
    return reverse('horizon:project:instances:serial', args=[instance_id])


def framed_by_same_origin(dispatch):
    """Wrap SerialConsoleView.dispatch: this page may stand in our tab."""
    def wrapped(self, request, *args, **kwargs):
        response = dispatch(self, request, *args, **kwargs)
        response['X-Frame-Options'] = 'SAMEORIGIN'
        return response
    return wrapped


def with_denial(get_context_data):
    """Wrap SerialConsoleView.get_context_data: say why there is none.

    The console is the one that the page before has opened, if it has.
    """
    def wrapped(self, **kwargs):
        handover.take(self.request, self.kwargs['instance_id'])
        context = get_context_data(self, **kwargs)
        denied = denial.noted(self.request)
        if denied is not None:
            context['error_message'] = str(denied)
        return context
    return wrapped


def auto_console(request, instance_id):
    """Stands in for views.auto_console, which redirects to the console.

    A serial console has a ws:// URL, which no browser opens and Django does
    not redirect to: its page is opened instead.
    """
    try:
        instance = api.nova.server_get(request, instance_id)
        console_type, url = stock.get_console(request, settings.CONSOLE_TYPE,
                                              instance)
        if console_type == 'SERIAL':
            handover.give(request, instance_id)
            url = page_url(instance_id)
        return shortcuts.redirect(url)
    except Exception:
        exceptions.handle(
            request,
            _('Unable to get console for instance "%s".') % instance_id,
            redirect=reverse('horizon:project:instances:index'))
