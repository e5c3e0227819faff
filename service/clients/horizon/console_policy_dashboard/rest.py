# SPDX-License-Identifier: Apache-2.0
"""Stands in for RemoteConsoleInfo.post, Horizon's second copy of the order.

POST /api/nova/servers/ID/console-info/ with {"console_type": "AUTO"} or
with one type; the answer is {"type": ..., "url": ...}.
"""

import json

from django import http
from django.utils.translation import gettext_lazy as _

from openstack_dashboard import api
from openstack_dashboard.api.rest import utils as rest_utils
from openstack_dashboard import policy

from console_policy_dashboard import console
from console_policy_dashboard import decision as decisions
from console_policy_dashboard import denial
from console_policy_dashboard import instance as instances
from console_policy_dashboard import question
from console_policy_dashboard import serial


def _calls():
    """What Horizon's own view would try, in its order."""
    return {
        'VNC': api.nova.server_vnc_console,
        'SPICE': api.nova.server_spice_console,
        'RDP': api.nova.server_rdp_console,
        'SERIAL': api.nova.server_serial_console,
        'MKS': api.nova.server_mks_console,
    }


@rest_utils.ajax()
def post(self, request, server_id):
    """Get information of a remote console for the given server."""
    asked = request.DATA if request.DATA is not None else {}
    console_type = (asked.get('console_type', decisions.AUTO)
                    if isinstance(asked, dict) else None)
    if not isinstance(console_type, str):
        raise rest_utils.AjaxError(400, 'console_type must be a text in a '
                                        'JSON object')
    calls = _calls()
    console.check_type(console_type, calls)
    try:
        opened_type, url = console.open_console(request, console_type, calls,
                                                _instance(request, server_id))
    except denial.ConsoleUnavailable as e:
        return _explained(e)
    if opened_type == 'SERIAL' and console_type == decisions.AUTO:
        # Who leaves the choice to us opens what comes in a browser. Who
        # asks for SERIAL by name has a terminal and wants the ws:// URL,
        # as Horizon gives it.
        url = serial.page_url(server_id)
    return {'type': opened_type,
            'url': console.with_title(opened_type, url, _('Console'),
                                      server_id)}


def _explained(unavailable):
    # Reasons are written by people: no character of theirs may be taken for
    # markup by anything that reads JSON carelessly.
    text = json.dumps(str(unavailable))
    for char in '<>&':
        text = text.replace(char, '\\u%04x' % ord(char))
    return http.HttpResponse(text, status=unavailable.http_status,
                             content_type='application/json')


def _instance(request, server_id):
    """The instance, with no call to Nova where none is due.

    A user sees the instances of the token's project and no others, unless
    Horizon's policy for Nova says more; only then Nova is asked whose the
    instance is. What else is known of it then comes along; without it, one
    opening costs one call at the least here as well, and may cost a second
    one for a type that is not there.
    """
    if not question.is_instance_id(server_id):
        return instances.Instance(server_id, None)
    own = instances.Instance(server_id, request.user.project_id)
    elsewhere = {'project_id': '-', 'tenant_id': '-', 'user_id': '-'}
    if not policy.check((('compute', 'os_compute_api:servers:show'),),
                        request, target=elsewhere):
        return own
    try:
        return instances.of_server(api.nova.server_get(request, server_id))
    except Exception:
        # Nova will say the same again when it is asked for the console.
        return own
