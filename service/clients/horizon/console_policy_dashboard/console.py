# SPDX-License-Identifier: Apache-2.0
"""Stands in for Horizon's console.get_console: the same, in our order."""

import inspect
import logging

from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from novaclient import exceptions as nova_exceptions

from horizon import exceptions

from openstack_dashboard import api
from openstack_dashboard.api import _nova
from openstack_dashboard.dashboards.project.instances import console as stock

from console_policy_dashboard import decision as decisions
from console_policy_dashboard import denial

LOG = logging.getLogger(__name__)

# novaclient has written it both ways.
_NotImplementedByNova = (
    getattr(nova_exceptions, 'HttpNotImplemented', None) or
    nova_exceptions.HTTPNotImplemented)


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
    decision = decisions.decide(request, getattr(instance, 'tenant_id', None),
                                instance.id)
    opened_type, url = open_first(request, console_type, calls, decision,
                                  instance.id)
    title = getattr(instance, 'name', '')
    return opened_type, with_title(opened_type, url, title, instance.id)


def check_type(console_type, calls):
    """Refuse a type that Horizon does not know, as Horizon does."""
    if console_type != decisions.AUTO and console_type not in calls:
        raise exceptions.NotAvailable(
            _('Console type "%s" not supported.') % console_type)


def open_first(request, console_type, calls, decision, instance_id):
    """Ask Nova for the candidates, one after another, until one opens.

    :param calls: dict, console type to function(request, instance id).
    :returns: (type, URL as Nova gave it)
    """
    offered = list(calls)
    if decision.refuses(console_type, offered):
        denial.refuse(request, decision, console_type)
    for candidate in decision.candidates(console_type, offered):
        try:
            found = _call_for(candidate, calls)(request, instance_id)
        except _NotImplementedByNova:
            # The ordinary answer of a cloud without this type.
            continue
        except Exception:
            LOG.debug('Console not available', exc_info=True)
            continue
        return candidate, found.url
    if decision.denied and console_type == decisions.AUTO:
        denial.none_worked(request, decision)
    raise exceptions.NotAvailable(_('No available console found.'))


def with_title(console_type, url, title, instance_id):
    """The URL as Horizon extends it, with a title for the viewer's page."""
    if console_type == 'SERIAL':
        return url
    return '%s&%s(%s)' % (url, urlencode({'title': title}), instance_id)


def _call_for(console_type, calls):
    call = calls[console_type]
    if console_type == 'MKS' and _passes_one_too_many(call):
        return _mks_console
    return call


def _passes_one_too_many(call):
    """Whether this is the MKS call of Horizon up to 2023.

    It hands novaclient a type besides the server, which novaclient does not
    take. The later one has no such parameter.
    """
    try:
        return 'console_type' in inspect.signature(call).parameters
    except (TypeError, ValueError):
        return False


def _mks_console(request, instance_id):
    version = api.nova.get_microversion(request, 'remote_console_mks')
    client = _nova.novaclient(request, version)
    answer = client.servers.get_mks_console(instance_id)
    return api.nova.MKSConsole(answer['remote_console'])
