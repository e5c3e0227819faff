# SPDX-License-Identifier: Apache-2.0
"""Every attribute of Horizon that is replaced: all of them, or none.

HOOKS.md proposes the upstream change that makes each patch unnecessary.
"""

import sys

from novaclient import exceptions as nova_exceptions
from novaclient.v2 import servers

from openstack_dashboard import api
from openstack_dashboard.api.rest import nova as stock_rest
from openstack_dashboard.dashboards.project.instances import console as stock
from openstack_dashboard.dashboards.project.instances import tabs
from openstack_dashboard.dashboards.project.instances import views

from console_policy_dashboard.serial import page
from console_policy_dashboard.shim import console
from console_policy_dashboard.shim import messages
from console_policy_dashboard.shim import nova
from console_policy_dashboard.shim import server

_URLS = 'openstack_dashboard.dashboards.project.instances.urls'
#: Shows the error; Horizon's own template in every other case.
TAB_TEMPLATE = 'console_policy_dashboard/_detail_console.html'


class SeamError(Exception):
    """This Horizon cannot be patched; nothing was replaced."""


def install():
    """Replace the attributes. Harmless if called again.

    :raises SeamError: an attribute is missing, Horizon's URLs are loaded
        already, or a server or an error cannot be read.
    """
    if stock.get_console is console.get_console:
        return
    if _URLS in sys.modules:
        raise SeamError('%s was loaded too early' % _URLS)
    replaced = _patches()
    check_shapes()
    for owner, name, value in replaced:
        setattr(owner, name, value)


def _patches():
    """The triples (owner, attribute, replacement)."""
    def old(owner, name):
        if not hasattr(owner, name):
            raise SeamError('%s has no %s' % (owner, name))
        return getattr(owner, name)

    old(stock, 'CONSOLES')
    info = old(stock_rest, 'RemoteConsoleInfo')
    tab = old(tabs, 'ConsoleTab')
    serial = old(views, 'SerialConsoleView')
    for owner, name in ((stock, 'get_console'), (info, 'post'),
                        (tab, 'template_name'), (views, 'auto_console')):
        old(owner, name)
    return (
        # project/instances/console.py: the order of console types.
        (stock, 'get_console', console.get_console),
        # api/rest/nova.py: its copy.
        (info, 'post', console.post),
        # project/instances/tabs.py: show why there is no console.
        (tab, 'get_context_data', _with_error(old(tab, 'get_context_data'))),
        (tab, 'template_name', TAB_TEMPLATE),
        # project/instances/views.py: a serial console has a ws:// URL, to
        # which Django does not redirect.
        (views, 'auto_console', page.auto_console),
        # project/instances/views.py: a serial page that works in a frame.
        (serial, 'template_name', page.TEMPLATE),
        (serial, 'get_context_data',
         page.with_error(old(serial, 'get_context_data'))),
        (serial, 'dispatch',
         page.framed_by_same_origin(old(serial, 'dispatch'))),
    )


def _with_error(get_context_data):
    """Wrap ConsoleTab.get_context_data: add the error that it drops.

    A serial console that it opened is kept for the page in its frame.
    """
    def wrapped(self, request):
        context = get_context_data(self, request)
        if context.get('console_type') == 'SERIAL':
            page.keep_url(request, context['instance_id'])
        context['console_policy_denial'] = messages.noted(request)
        return context
    return wrapped


def check_shapes():
    """Check that servers and errors can be read as Horizon gets them.

    If the project of a server cannot be read, no policy applies.

    :raises SeamError:
    """
    values = {'id': 'i', 'status': 'ACTIVE', 'hostId': 'ab', 'tenant_id': 'p',
              'updated': '2026-01-01T00:00:00Z',
              'OS-EXT-STS:task_state': 'migrating'}
    expected = server.Instance('i', 'p', 'ACTIVE', 'migrating',
                               '2026-01-01T00:00:00Z', 'ab')
    for resource, error in _samples(values):
        wrapped = api.nova.Server(resource, None)
        found = server.of_server(wrapped)
        if found != expected:
            raise SeamError('cannot read a server of %s: it reads as %r' % (
                type(resource).__module__, found))
        if nova.status_of(error) != 404:
            raise SeamError('cannot read the status of %r' % type(error))


def _samples(values):
    """A server and an error 404 of each client library."""
    yield (servers.Server(servers.ServerManager(None), dict(values),
                          loaded=True), nova_exceptions.NotFound(404))
    try:
        from openstack.compute.v2 import server as sdk_server
        from openstack import exceptions as sdk_exceptions
    except ImportError:
        return
    yield (sdk_server.Server.existing(**values),
           sdk_exceptions.HttpException(http_status=404))
