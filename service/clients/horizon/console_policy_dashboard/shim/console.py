# SPDX-License-Identifier: Apache-2.0
"""Replaces Horizon's get_console and its REST copy, with policy's order."""

import json

from django import http
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from horizon import exceptions

from openstack_dashboard import api
from openstack_dashboard.api.rest import utils as rest_utils
from openstack_dashboard.dashboards.project.instances import console as stock
from openstack_dashboard import policy

from console_policy_dashboard.serial import page
from console_policy_dashboard.shim import messages
from console_policy_dashboard.shim import resolution
from console_policy_dashboard.shim import runtime
from console_policy_dashboard.shim import server
from console_policy_dashboard.shim import walk


def get_console(request, console_type, instance):
    """The pair of type and URL of a console of the instance.

    Under AUTO the types are tried in the order of the service; a type asked
    for by name is opened unless it is denied.

    :raises horizon.exceptions.NotAvailable: none opens; ConsoleDenied if
        policy denies all, and Nova was not asked.
    """
    # Read at each call: Horizon's tests, and some sites, replace it.
    calls = stock.CONSOLES
    _check_type(console_type, calls)
    opened = _open(request, console_type, calls, server.of_server(instance))
    return opened.console_type, _with_title(
        opened, getattr(instance, 'name', ''), instance.id)


@rest_utils.ajax()
def post(self, request, server_id):
    """POST /api/nova/servers/ID/console-info/.

    The body is {"console_type": "AUTO"} or names one type; the answer is
    {"type": ..., "url": ...}.
    """
    data = request.DATA if request.DATA is not None else {}
    console_type = (data.get('console_type', resolution.AUTO)
                    if isinstance(data, dict) else None)
    if not isinstance(console_type, str):
        raise rest_utils.AjaxError(400, 'console_type must be a text in a '
                                        'JSON object')
    calls = rest_calls()
    _check_type(console_type, calls)
    try:
        # A caller that names SERIAL has a terminal, which opens ws://.
        opened = _open(request, console_type, calls,
                       _instance(request, server_id),
                       in_browser=console_type != 'SERIAL')
    except messages.ConsoleUnavailable as e:
        return _explained(e)
    if opened.console_type == 'SERIAL' and console_type == resolution.AUTO:
        # A caller that leaves the choice to us opens it in a browser.
        opened = opened._replace(url=page.page_url(server_id))
    return {'type': opened.console_type,
            'url': _with_title(opened, _('Console'), server_id)}


def rest_calls():
    """The calls of Horizon's own REST view, in its order."""
    return {
        'VNC': api.nova.server_vnc_console,
        'SPICE': api.nova.server_spice_console,
        'RDP': api.nova.server_rdp_console,
        'SERIAL': api.nova.server_serial_console,
        'MKS': api.nova.server_mks_console,
    }


def _check_type(console_type, calls):
    """Refuse an unknown type, as Horizon does."""
    if console_type != resolution.AUTO and console_type not in calls:
        raise exceptions.NotAvailable(
            _('Console type "%s" not supported.') % console_type)


def _open(request, console_type, calls, instance, in_browser=True):
    """Resolve, ask Nova, report; the walk.Opened."""
    here = runtime.current()
    answer, service = here.resolve(request, instance)
    walking = walk.Walk(request, instance, answer, calls, in_browser)
    url = page.taken_url(request, instance.instance_id)
    if console_type == 'SERIAL' and url is not None:
        return walking.opened_before(console_type, url)
    try:
        opened = walking.open(console_type, here.budget(), here.hosts)
    finally:
        here.report(request, instance, answer, service, walking.attempts)
    if opened.console_type == 'SERIAL':
        page.note_url(request, instance.instance_id, opened.url)
    return opened


def _with_title(opened, title, instance_id):
    """The URL as Horizon extends it, with a title for the viewer's page."""
    if opened.console_type == 'SERIAL':
        return opened.url
    return '%s&%s(%s)' % (opened.url, urlencode({'title': title}),
                          instance_id)


def _explained(unavailable):
    # People write reasons: escape what careless readers of JSON may take
    # for markup.
    text = json.dumps(str(unavailable))
    for char in '<>&':
        text = text.replace(char, '\\u%04x' % ord(char))
    return http.HttpResponse(text, status=unavailable.http_status,
                             content_type='application/json')


def _instance(request, server_id):
    """The instance, without a call to Nova if its project is known.

    Users see the instances of their token's project and no others, unless
    Horizon's policy for Nova allows more; only then Nova is asked for the
    project of the instance.
    """
    if not server.is_instance_id(server_id):
        return server.Instance(server_id, None)
    own = server.Instance(server_id, request.user.project_id)
    elsewhere = {'project_id': '-', 'tenant_id': '-', 'user_id': '-'}
    if not policy.check((('compute', 'os_compute_api:servers:show'),),
                        request, target=elsewhere):
        return own
    try:
        return server.of_server(api.nova.server_get(request, server_id))
    except Exception:
        # Nova will answer the console call in the same way.
        return own
