# SPDX-License-Identifier: Apache-2.0
"""Horizon's call signatures, from Zed to the current release.

Debian's Horizon runs here and is read; of the others horizon_signatures.json
holds what signatures.py read from their source.
"""

import inspect
import json
import os
import unittest

from openstack_dashboard.dashboards.project.instances import tabs
from openstack_dashboard.dashboards.project.instances import views

from console_policy_dashboard.shim import console
from console_policy_dashboard.serial import page

import signatures

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = '/usr/lib/python3/dist-packages'
#: What the shim puts in a place, which must take the same arguments.
OURS = {
    'console.get_console': console.get_console,
    'rest.RemoteConsoleInfo.post': console.post,
    'tabs.ConsoleTab.get_context_data': tabs.ConsoleTab.get_context_data,
    'views.auto_console': page.auto_console,
    'views.SerialConsoleView.get_context_data':
        views.SerialConsoleView.get_context_data,
}
#: How the shim calls what it calls: positional arguments, and named ones.
CALLS = {
    'api.nova.server_vnc_console': (2, ()),
    'api.nova.server_spice_console': (2, ()),
    'api.nova.server_rdp_console': (2, ()),
    'api.nova.server_serial_console': (2, ()),
    'api.nova.server_mks_console': (2, ()),
    '_nova.server_get': (2, ()),
    '_nova.novaclient': (2, ()),
    '_nova.get_microversion': (2, ()),
    'base.url_for': (2, ()),
    'policy.check': (2, ('target',)),
    'exceptions.handle': (2, ('redirect',)),
}


def releases():
    """Each release with all of its data."""
    with open(os.path.join(HERE, 'horizon_signatures.json')) as handle:
        document = json.load(handle)
    known = {'signatures': {}, 'orders': {}}
    for release in document['releases']:
        for part in known:
            known[part] = dict(known[part], **release[part])
        yield dict(release, **known)


def function_of(text):
    """A function with the signature in a text."""
    names = {}
    exec('def function%s: pass' % text, names)
    return names['function']


class SignatureTests(unittest.TestCase):

    def test_the_installed_horizon_is_as_a_release_was_read(self):
        found = signatures.read(PACKAGES)
        parts = ('signatures', 'orders', 'texts')
        self.assertIn([found[part] for part in parts],
                      [[release[part] for part in parts]
                       for release in releases()])

    def test_from_zed_to_the_master_branch_all_were_read(self):
        names = [release['release'] for release in releases()]
        self.assertEqual(('Zed', 'master'), (names[0], names[-1]))
        self.assertIn('2026.1', names)
        for release in releases():
            self.assertRegex(release['commit'], r'^[0-9a-f]{40}$')
            self.assertEqual(set(signatures.PLACES),
                             set(release['signatures']))
            self.assertEqual(list(signatures.TEXTS), release['texts'])

    def test_every_place_is_either_replaced_or_called(self):
        self.assertEqual(set(signatures.PLACES), set(OURS) | set(CALLS))

    def test_what_is_replaced_takes_the_arguments_of_each_release(self):
        for release in releases():
            for name, ours in OURS.items():
                theirs = inspect.signature(
                    function_of(release['signatures'][name]))
                found = inspect.signature(ours)
                self.assertEqual(
                    [(p.name, p.kind) for p in theirs.parameters.values()],
                    [(p.name, p.kind) for p in found.parameters.values()],
                    '%s in %s' % (name, release['release']))

    def test_what_is_called_takes_the_arguments_of_the_shim(self):
        for release in releases():
            for name, (positional, named) in CALLS.items():
                theirs = inspect.signature(
                    function_of(release['signatures'][name]))
                theirs.bind(*range(positional), **dict.fromkeys(named))

    def test_the_types_and_their_order_are_those_of_both_places(self):
        for release in releases():
            for order in release['orders'].values():
                self.assertEqual(list(console.rest_calls()), order)

    def test_only_the_call_for_mks_has_changed(self):
        """The parameter whose presence nova.py checks."""
        with_type = ['console_type' in r['signatures'][
            'api.nova.server_mks_console'] for r in releases()]
        self.assertEqual(with_type, sorted(with_type, reverse=True))
        self.assertEqual((True, False), (with_type[0], with_type[-1]))


class NovaclientTests(unittest.TestCase):
    """The parts of novaclient and keystoneauth that nova.py uses."""

    def test_a_client_has_a_session_that_takes_adapters(self):
        from novaclient import client
        made = client.Client('2.1', 'u', 't', auth_url='http://127.0.0.1:1',
                             auth_token='t', endpoint_override='http://x')
        session = made.client.session
        self.assertEqual({'http://', 'https://'}, set(session.adapters))
        before = session.adapters['http://']
        session.mount('http://', before)
        self.assertIs(before, session.adapters['http://'])
