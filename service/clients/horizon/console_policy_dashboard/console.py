# SPDX-License-Identifier: Apache-2.0
"""Stands in for Horizon's console.get_console: the same, in our order."""

from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from horizon import exceptions

from openstack_dashboard.dashboards.project.instances import console as stock

from console_policy_dashboard import decision as decisions
from console_policy_dashboard import handover
from console_policy_dashboard import instance as instances
from console_policy_dashboard import site
from console_policy_dashboard import walk


def get_console(request, console_type, instance):
    """The (type, URL) of a console of the instance.

    Under AUTO the types are tried in the order that console-policy decides;
    a type that is asked for by name is opened unless it is denied.

    :raises horizon.exceptions.NotAvailable: there is none. It is a
        denial.ConsoleDenied where policy is the whole cause; Nova was then
        not asked.
    """
    # Looked up now: Horizon's tests, and some sites, put other calls here.
    calls = stock.CONSOLES
    check_type(console_type, calls)
    opened = open_console(request, console_type, calls,
                          instances.of_server(instance))
    title = getattr(instance, 'name', '')
    return opened.console_type, with_title(opened.console_type, opened.url,
                                           title, instance.id)


def check_type(console_type, calls):
    """Refuse a type that Horizon does not know, as Horizon does."""
    if console_type != decisions.AUTO and console_type not in calls:
        raise exceptions.NotAvailable(
            _('Console type "%s" not supported.') % console_type)


def open_console(request, console_type, calls, instance):
    """Decide, ask Nova, and let it be reported; the walk.Opened.

    :param calls: dict, console type to function(request, instance id).
    :param instance: an instance.Instance.
    """
    here = site.CURRENT.site()
    decision, source = here.decide(request, instance)
    walking = walk.Walk(request, instance, decision, calls)
    given = handover.taken(request, instance.instance_id)
    if console_type == 'SERIAL' and given is not None:
        return walking.opened_before(console_type, given)
    try:
        opened = walking.open(console_type, here.budget(), here.hosts)
    finally:
        here.report(request, instance, decision, source, walking.tries)
    if opened.console_type == 'SERIAL':
        handover.note(request, instance.instance_id, opened.url)
    return opened


def with_title(console_type, url, title, instance_id):
    """The URL as Horizon extends it, with a title for the viewer's page."""
    if console_type == 'SERIAL':
        return url
    return '%s&%s(%s)' % (url, urlencode({'title': title}), instance_id)
