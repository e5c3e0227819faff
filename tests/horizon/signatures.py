#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The call signatures in a Horizon that the shim stands on, as data.

    tests/horizon/signatures.py FOLDER    prints those of the Horizon whose package openstack_dashboard lies in FOLDER

Read from the source, without importing it: the Horizon that runs here has the shim in these very places, and others do
not run here at all. What was read from which release stands in horizon_signatures.json.
"""

import ast
import json
import os
import sys

_INSTANCES = 'openstack_dashboard/dashboards/project/instances/'
#: Where each name is looked up: file, then a path of classes to a function.
PLACES = {
    # What the shim replaces.
    'console.get_console': (_INSTANCES + 'console.py', 'get_console'),
    'rest.RemoteConsoleInfo.post': ('openstack_dashboard/api/rest/nova.py', 'RemoteConsoleInfo.post'),
    'tabs.ConsoleTab.get_context_data': (_INSTANCES + 'tabs.py', 'ConsoleTab.get_context_data'),
    'views.auto_console': (_INSTANCES + 'views.py', 'auto_console'),
    'views.SerialConsoleView.get_context_data': (_INSTANCES + 'views.py', 'SerialConsoleView.get_context_data'),
    # What the shim calls.
    'api.nova.server_vnc_console': ('openstack_dashboard/api/nova.py', 'server_vnc_console'),
    'api.nova.server_spice_console': ('openstack_dashboard/api/nova.py', 'server_spice_console'),
    'api.nova.server_rdp_console': ('openstack_dashboard/api/nova.py', 'server_rdp_console'),
    'api.nova.server_serial_console': ('openstack_dashboard/api/nova.py', 'server_serial_console'),
    'api.nova.server_mks_console': ('openstack_dashboard/api/nova.py', 'server_mks_console'),
    '_nova.server_get': ('openstack_dashboard/api/_nova.py', 'server_get'),
    '_nova.novaclient': ('openstack_dashboard/api/_nova.py', 'novaclient'),
    '_nova.get_microversion': ('openstack_dashboard/api/_nova.py', 'get_microversion'),
    'base.url_for': ('openstack_dashboard/api/base.py', 'url_for'),
    'policy.check': ('openstack_auth/policy.py', 'check'),
    'exceptions.handle': ('horizon/exceptions.py', 'handle'),
}
#: The lists of types, in the order of their source.
ORDERS = {
    'console.CONSOLES': (_INSTANCES + 'console.py', ''),
    'rest.RemoteConsoleInfo.post': ('openstack_dashboard/api/rest/nova.py', 'RemoteConsoleInfo.post'),
}
#: Texts that a file must contain: names that the shim uses.
TEXTS = {
    'tab template': (_INSTANCES + 'tabs.py', '"project/instances/_detail_console.html"'),
    'tab context': (_INSTANCES + 'tabs.py', "'console_type': console_type"),
    'serial page': (_INSTANCES + 'urls.py', "name='serial'"),
    'wrapped server': ('openstack_dashboard/api/base.py', '_apiresource'),
}


def _text(folder, path):
    with open(os.path.join(folder, path), encoding='utf-8') as handle:
        return handle.read()


def _parsed(folder, path):
    return ast.parse(_text(folder, path))


def _within(tree, path):
    node = tree
    for name in path.split('.') if path else ():
        node = next(n for n in node.body if getattr(n, 'name', None) == name)
    return node


def _order(node):
    """The keys of the first CONSOLES that is assigned under a node."""
    for assigned in ast.walk(node):
        if isinstance(assigned, ast.Assign) and getattr(assigned.targets[0], 'id', None) == 'CONSOLES':
            pairs, = assigned.value.args
            return [pair.elts[0].value for pair in pairs.elts]
    return None


def read(folder):
    """The data of a Horizon whose packages lie in this folder."""
    return {
        'signatures': {name: '(%s)' % ast.unparse(_within(_parsed(folder, path), where).args)
                       for name, (path, where) in PLACES.items()},
        'orders': {name: _order(_within(_parsed(folder, path), where)) for name, (path, where) in ORDERS.items()},
        'texts': [name for name, (path, text) in TEXTS.items() if text in _text(folder, path)],
    }


if __name__ == '__main__':
    print(json.dumps(read(sys.argv[1]), indent=2))
