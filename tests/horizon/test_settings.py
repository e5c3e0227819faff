# SPDX-License-Identifier: Apache-2.0
"""CONSOLE_POLICY: what is refused, in which words, and the token file."""

import os
import stat
import subprocess
import tempfile
import time
from unittest import mock

from django.apps import apps
from django.test import override_settings

from console_policy_dashboard.shim import settings as shim_settings
from console_policy_dashboard.shim import runtime
from console_policy_dashboard.shim import service

from shim_case import ShimCase
from shim_case import warnings_in

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
SHIM = os.path.join(TOP, 'service', 'clients', 'horizon',
                    'console_policy_dashboard')


def parsed(**values):
    return shim_settings.parse_settings(values)


class ValueTests(ShimCase):

    def assertRefused(self, words, **values):
        with self.assertRaises(shim_settings.SettingsError) as caught:
            parsed(**values)
        self.assertIn(words, str(caught.exception))

    def test_nothing_must_be_given(self):
        settings = parsed()
        self.assertIsNone(settings.endpoint)
        self.assertIsNone(settings.token_file)
        self.assertEqual(0.5, settings.timeout)

    def test_endpoints_that_are_taken(self):
        for endpoint, told in (
                ('https://policy.example.org', 'https://policy.example.org'
                                               ':443'),
                ('http://[::1]:9797/', 'http://[::1]:9797'),
                ('http://10.0.0.1/console-policy', 'http://10.0.0.1:80/'
                                                   'console-policy'),
                ('http://Controller_1.example.org.:9797',
                 'http://controller_1.example.org.:9797'),
                ('http://%s.org' % ('x' * 63),
                 'http://%s.org:80' % ('x' * 63)),
                ('http://[fe80::1%eth0]', 'http://[fe80::1%eth0]:80'),
                ('http://10.0.0.1/v1/', 'http://10.0.0.1:80'),
                ('http://10.0.0.1/a/v1', 'http://10.0.0.1:80/a')):
            self.assertEqual(told, parsed(ENDPOINT=endpoint).endpoint.url)

    def test_the_host_header_has_no_zone(self):
        for endpoint, host in (('http://[fe80::1%eth0]:9797',
                                '[fe80::1]:9797'),
                               ('http://10.0.0.1', '10.0.0.1:80')):
            self.assertEqual(host,
                             parsed(ENDPOINT=endpoint).endpoint.host_header)

    def test_endpoints_that_are_refused(self):
        for endpoint in ('', 9797, '127.0.0.1:9797', 'ftp://x/',
                         'http://', 'http://u:p@x/', 'http://x/?a=b',
                         'http://x/#a', 'http://x:0/', 'http://x:99999/',
                         'http://x:port/', 'http://a b/',
                         'http://x/a\r\nX: y', 'http://x\r\nX:y/',
                         'http://controller..example.org:9797',
                         'http://.example.org/', 'http://x../', 'http://./',
                         'http://%s.org/' % ('x' * 64),
                         'http://%s/' % '.'.join(['x' * 63] * 4),
                         'http://a:b:c/', 'http://[::1::2]/', 'http://x%y/'):
            self.assertRefused("CONSOLE_POLICY['ENDPOINT']",
                               ENDPOINT=endpoint)

    def test_numbers_that_are_refused(self):
        for key, values in (
                ('TIMEOUT', (0, 0.04, 11, '1', None, True, float('nan'))),
                ('RETRY_AFTER', (0, 26, '10', None)),
                ('NOVA_TIMEOUT', (0, 0.9, 301, '15', None, True)),
                ('HOST_RETRY_AFTER', (-1, 601, '30', None)),
                ('LAST_KNOWN_MAX_AGE', (-1, 2592001, None)),
                ('LAST_KNOWN_MAX_ENTRIES', (0, 15, 100001, 20.5))):
            for value in values:
                self.assertRefused("CONSOLE_POLICY['%s'] must be" % key,
                                   **{key: value})

    def test_choices_that_are_refused(self):
        for value in (0, 1, 'yes', ''):
            self.assertRefused("CONSOLE_POLICY['ALLOW_HTTP'] must be None",
                               ALLOW_HTTP=value)

    def test_paths_that_are_refused(self):
        for key in ('TOKEN_FILE', 'CA_FILE'):
            for value in ('', 'relative', 1):
                self.assertRefused("CONSOLE_POLICY['%s'] must be" % key,
                                   **{key: value})

    @override_settings(OPENSTACK_SSL_CACERT='/etc/ssl/cloud.pem')
    def test_horizons_own_ca_file_is_the_default(self):
        self.assertEqual('/etc/ssl/cloud.pem', parsed().ca_file)
        self.assertEqual('/x.pem', parsed(CA_FILE='/x.pem').ca_file)

    def test_a_cache_that_is_not_there_is_refused(self):
        self.assertRefused("'CACHE'] names a cache", CACHE='elsewhere')

    def test_a_ca_file_that_is_not_there_is_logged(self):
        self.use_settings(ENDPOINT='https://127.0.0.1:1', CA_FILE='/none')
        with self.shim_log() as records:
            self.assertEqual('VNC', self.opened())
        self.assertIn("CONSOLE_POLICY['CA_FILE']", warnings_in(records)[0])

    def test_wrong_settings_are_reported_once_and_cost_no_console(self):
        self.use_settings(ENDPOINT='http://me:s3cr3t@x')
        with self.shim_log() as records:
            for _ in range(3):
                self.assertEqual('VNC', self.opened())
        said = warnings_in(records)
        self.assertEqual(1, len(said), said)
        self.assertNotIn('s3cr3t', said[0])

    def test_an_unknown_key_is_logged_and_does_nothing(self):
        self.use_settings(TIMEOUTT=3)
        with self.shim_log() as records:
            self.assertEqual('SPICE', self.opened())
            self.assertEqual('SPICE', self.opened())
        self.assertEqual(
            ["console-policy: CONSOLE_POLICY['TIMEOUTT'] is not a setting "
             "and does nothing"], warnings_in(records))

    def test_no_settings_at_all_cost_no_console(self):
        from django.conf import settings
        with override_settings():
            del settings.CONSOLE_POLICY
            self.forget()
            with self.shim_log() as records:
                self.assertEqual('VNC', self.opened())
        self.assertIn('has no console-policy', warnings_in(records)[0])


class StartTests(ShimCase):
    """Whatever is wrong with the shim, Horizon starts and opens consoles."""

    def start(self):
        """What Django does with the application when Horizon starts."""
        with self.shim_log() as records:
            apps.get_app_config('console_policy_dashboard').ready()
        return warnings_in(records)

    def test_a_typing_error_in_the_host_is_logged(self):
        self.use_settings(ENDPOINT='http://controller..example.org:9797')
        self.assertIn("CONSOLE_POLICY['ENDPOINT']", self.start()[0])
        self.assertEqual('VNC', self.opened())

    def test_an_unexpected_fault_is_logged_and_no_service_is_asked(self):
        with mock.patch.object(service.Services, '_at',
                               side_effect=UnicodeError('a bug')):
            self.forget()
            self.assertEqual(
                ['console-policy: an error of the shim; consoles open in the '
                 'order of Horizon'], self.start())
        self.assertEqual('VNC', self.opened())
        self.assertEqual([], self.service.heads)

    def test_a_fault_at_the_start_is_logged(self):
        with mock.patch.object(runtime._Holder, 'get',
                               side_effect=RuntimeError('a bug')):
            self.assertEqual(['console-policy: an error of the shim at '
                              'start'], self.start())
        self.assertEqual('SPICE', self.opened())


class TokenFileTests(ShimCase):

    def setUp(self):
        super().setUp()
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, 'token')
        self.use_settings(TOKEN_FILE=self.path)

    def write(self, text):
        with open(self.path, 'w') as handle:
            handle.write(text)

    def assertTold(self, words):
        with self.shim_log() as records:
            self.assertEqual('VNC', self.opened())
        said = warnings_in(records)
        self.assertEqual(1, len(said))
        self.assertIn(words, said[0])
        self.assertEqual([], self.service.heads)

    def test_the_token_is_read_again_at_each_opening(self):
        self.write('first\n')
        self.opened()
        self.write('second\n')
        self.opened()
        self.assertIn('X-Auth-Token: first\r\n', self.service.heads[0])
        self.assertIn('X-Auth-Token: second\r\n', self.service.heads[1])

    def test_a_file_that_is_not_there_is_logged(self):
        self.assertTold('token file %s: No such file' % self.path)

    def test_an_empty_file_is_logged(self):
        self.write('\n')
        self.assertTold('must hold one token')

    def test_two_lines_are_reported_of_without_showing_them(self):
        self.write('one\ntwo\n')
        self.assertTold('must hold one token')

    def test_a_pipe_does_not_hang_the_worker(self):
        os.mkfifo(self.path)
        with self.within(0.5):
            self.assertTold('is not a file')

    def test_a_huge_file_is_not_read(self):
        self.write('x' * 1000000)
        self.assertTold('must hold one token')


class ShippedFileTests(ShimCase):
    """The settings that ship, and those that stand in examples/."""

    def load(self, *path):
        names = {}
        with open(os.path.join(*path)) as handle:
            exec(compile(handle.read(), path[-1], 'exec'), names)
        return names

    def test_the_shipped_settings_name_every_key_with_its_default(self):
        values = self.load(SHIM, 'local_settings.d',
                           '_1890_console_policy.py')['CONSOLE_POLICY']
        self.assertEqual((), shim_settings.parse_settings(values).unknown)
        self.assertEqual(shim_settings.DEFAULTS, values)

    def test_the_enabled_file_is_one_that_horizon_reads(self):
        names = self.load(SHIM, 'enabled', '_1890_console_policy.py')
        self.assertEqual('console_policy', names['FEATURE'])
        self.assertEqual(['console_policy_dashboard'],
                         names['ADD_INSTALLED_APPS'])
        self.assertFalse(names['DISABLED'])

    def test_the_example_settings_are_understood(self):
        folder = os.path.join(TOP, 'examples', 'horizon')
        files = sorted(f for f in os.listdir(folder) if f.endswith('.py'))
        self.assertTrue(files)
        for name in files:
            values = self.load(folder, name)['CONSOLE_POLICY']
            self.assertEqual((), shim_settings.parse_settings(values).unknown)

    def test_the_readme_names_every_setting(self):
        with open(os.path.join(SHIM, '..', 'README.md')) as handle:
            text = handle.read()
        for key in shim_settings.DEFAULTS:
            self.assertIn('`%s`' % key, text)


class TlsTests(ShimCase):
    """A service behind TLS, with certificates made for the test."""

    def setUp(self):
        super().setUp()
        import ssl
        from fake_policy_service import FakePolicyService
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cert = os.path.join(folder.name, 'cert.pem')
        key = os.path.join(folder.name, 'key.pem')
        subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
             'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
             '-subj', '/CN=policy', '-addext',
             'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out',
             self.cert], check=True, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, key)
        self.service.close()
        self.service = FakePolicyService(tls=context)
        self.service.caller = self.user.id
        self.addCleanup(self.service.close)

    def test_a_verified_service_is_asked_over_one_kept_connection(self):
        self.use_settings(CA_FILE=self.cert)
        for _ in range(3):
            self.assertEqual('SPICE', self.opened())
        self.assertEqual(1, self.service.accepted)

    def test_a_service_that_is_not_verified_is_not_asked(self):
        self.use_settings()
        with self.shim_log() as records:
            self.assertEqual('VNC', self.opened())
        self.assertIn('CERTIFICATE_VERIFY_FAILED', warnings_in(records)[0])
        self.assertEqual([], self.service.heads)

    def test_a_service_under_another_name_is_not_asked(self):
        self.use_settings(CA_FILE=self.cert, ENDPOINT='https://localhost:%d' %
                          self.service.port)
        self.assertEqual('VNC', self.opened())
        self.assertEqual([], self.service.heads)

    def test_a_handshake_that_hangs_ends_at_the_deadline(self):
        import socket
        silent = socket.socket()
        silent.bind(('127.0.0.1', 0))
        silent.listen(5)
        self.addCleanup(silent.close)
        self.use_settings(CA_FILE=self.cert, ENDPOINT='https://127.0.0.1:%d' %
                          silent.getsockname()[1])
        with self.within(0.8):
            self.assertEqual('VNC', self.opened())

    def test_a_body_that_drips_ends_at_the_deadline(self):
        def drip(connection, head):
            connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application'
                               b'/json\r\nContent-Length: 999\r\n\r\n')
            for _ in range(100):
                connection.sendall(b' ')
                if self.service.closing.wait(0.05):
                    break
            return False
        self.service.behave = drip
        self.use_settings(CA_FILE=self.cert)
        with self.within(0.8):
            self.assertEqual('VNC', self.opened())


class ModeTests(ShimCase):

    def test_the_scripts_are_executable(self):
        for name in ('install', 'uninstall'):
            mode = os.stat(os.path.join(SHIM, '..', name)).st_mode
            self.assertTrue(mode & stat.S_IXUSR)
