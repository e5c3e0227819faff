# SPDX-License-Identifier: Apache-2.0
"""What examples/ shows works as it stands, and README.md's transcript is real output."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import tempfile
import time
import unittest

from world import PERSONAS, ROOT, Daemon, free_port

SECONDS = 30
GOOD = (0, 'The configuration is good.\n')


def run(*command, environment=None):
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=SECONDS)


def runs(process):
    """Not so one that has ended and was not waited for."""
    status = pathlib.Path(f'/proc/{process}/status')
    return status.exists() and re.search(r'^State:\s*Z', status.read_text(), re.MULTILINE) is None


class Examples(unittest.TestCase):

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='console-policy-examples-'))
        self.addCleanup(shutil.rmtree, self.folder)

    def check_config(self, text):
        file = self.folder / 'console-policyd.yaml'
        file.write_text(text, encoding='utf-8')
        return run(Daemon().binary, '--config', str(file), '--check-config')

    def test_the_walkthrough_prints_what_the_readme_shows(self):
        daemon = self.enterContext(Daemon())
        token = self.folder / 'admin.token'
        token.write_text(PERSONAS['admin'].token + '\n', encoding='utf-8')
        done = run(str(ROOT / 'examples/curl/walkthrough'), environment={
            **os.environ, 'ENDPOINT': f'http://{daemon.host}:{daemon.port}',
            'TOKEN_FILE': str(token)})
        self.assertEqual(done.returncode, 0, done.stderr)
        readme = (ROOT / 'README.md').read_text(encoding='utf-8')
        transcript = readme.partition('```console\n')[2].partition('```')[0]
        self.assertIn('by ada', done.stdout)
        self.assertEqual(done.stdout.strip().replace('by ada', 'by admin'), transcript.strip())

    def test_the_example_configuration_is_good(self):
        text = (ROOT / 'examples/console-policyd.yaml').read_text(encoding='utf-8')
        done = self.check_config(text)
        self.assertEqual((done.returncode, done.stdout), GOOD, done.stderr)

    def test_the_example_tokens_file_is_good(self):
        done = self.check_config(
            f'identity:\n  static:\n    tokens_file: {ROOT}/examples/tokens.yaml\n')
        self.assertEqual((done.returncode, done.stdout), GOOD, done.stderr)

    def test_certificates_that_are_named_must_be_good(self):
        listen = '{address: 127.0.0.1, port: 1, tls: {certificate: nowhere.pem, key: nowhere.key}}'
        for text, place in ((f'listen: [{listen}]', 'listen'), (f'metrics: {{listen: {listen}}}', 'metrics.listen')):
            done = self.check_config(text)
            self.assertEqual(done.returncode, 1, text)
            self.assertIn(f'{place}: tls.certificate: {self.folder}/nowhere.pem: cannot be read', done.stderr)

    def test_a_tokens_file_that_is_named_must_be_there(self):
        done = self.check_config('identity:\n  static:\n    tokens_file: nowhere.yaml\n')
        self.assertEqual(done.returncode, 1)
        self.assertIn('nowhere.yaml', done.stderr)

    def test_access_rules_may_be_only_those_that_differ(self):
        for text in ('"cloud_policy:show": "@"\n', '# "cloud_policy:show": "@"\n',
                     'ops: role:ops\n"cloud_policy:write": rule:ops or rule:admin\n'):
            with self.subTest(text):
                (self.folder / 'access.yaml').write_text(text, encoding='utf-8')
                done = self.check_config('access:\n  file: access.yaml\n')
                self.assertEqual((done.returncode, done.stdout), GOOD, done.stderr)

    def test_an_access_rule_that_guards_nothing_is_refused(self):
        (self.folder / 'access.yaml').write_text('\n"cloud_polcy:show": "@"\n', encoding='utf-8')
        done = self.check_config('access:\n  file: access.yaml\n')
        self.assertEqual(done.returncode, 1)
        self.assertIn("access.yaml:2:21: rule 'cloud_polcy:show': guards no operation", done.stderr)

    def quickstart(self):
        """A copy of it in a tree where nothing is to be installed and a build is a new file; a port of its own."""
        top, port = self.folder / 'tree', free_port()
        text = (ROOT / 'examples/quickstart').read_text(encoding='utf-8')
        for shown, instead in (
                ('127.0.0.1:9797', f'127.0.0.1:{port}'),
                ('setsid "$binary"', f'CONSOLE_POLICY_LISTEN=127.0.0.1:{port} '
                                     f'CONSOLE_POLICY_DATA_DIR={self.folder}/data setsid "$binary"')):
            self.assertIn(shown, text)
            text = text.replace(shown, instead)
        build = f'[ "$1" != --build ] || install -D "{Daemon().binary}" build/release/service/console-policyd'
        for name, script in (('examples/quickstart', text), ('bin/cmake', f'#!/bin/sh\n{build}\n'),
                             ('examples/curl/walkthrough', '#!/bin/sh\n'),
                             ('service/packaging/need-packages', '#!/bin/sh\n')):
            file = top / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(script, encoding='utf-8')
            file.chmod(0o755)
        link = self.folder / 'link'  # another path of the folder
        link.symlink_to(top)
        return link

    def test_the_quickstart_can_be_run_again_after_another_build(self):
        top = self.quickstart()
        environment = {**os.environ, 'PATH': f'{top}/bin:{os.environ["PATH"]}'}
        processes = []
        for _ in range(3):
            done = run(str(top / 'examples/quickstart'), environment=environment)
            if (top / 'build/quickstart.pid').exists():
                processes.append(int((top / 'build/quickstart.pid').read_text()))
                self.addCleanup(subprocess.run, ['kill', str(processes[-1])], check=False, capture_output=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(len(set(processes)), 3)
        self.assertEqual([runs(process) for process in processes], [False, False, True])

    def test_systemd_takes_the_unit_and_it_starts_what_is_installed(self):
        tree = self.folder / 'tree'
        done = run('cmake', '--install', str(pathlib.Path(Daemon().binary).parents[1]), '--prefix', '/usr/local',
                   environment={**os.environ, 'DESTDIR': str(tree)})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        unit = (ROOT / 'examples/systemd/console-policyd.service').read_text(encoding='utf-8')
        program, = re.findall(r'^ExecStart=(\S+)', unit, re.MULTILINE)
        self.assertTrue(os.access(f'{tree}{program}', os.X_OK), program)
        # What is only shown has to be right as well.
        unit = re.sub(r'^#([A-Z][A-Za-z]+=)', r'\1', unit, flags=re.MULTILINE)
        self.assertIn('\nLoadCredential=', unit)
        file = self.folder / 'console-policyd.service'
        file.write_text(unit.replace(program, f'{tree}{program}'), encoding='utf-8')
        # Faults of the machine's own units are none of this one.
        done = run('systemd-analyze', 'verify', '--recursive-errors=no', str(file))
        self.assertEqual((done.returncode, [line for line in done.stderr.splitlines() if str(file) in line]), (0, []))
        done = run('systemd-analyze', 'security', '--offline=true', '--no-pager', '--threshold=20', str(file))
        self.assertEqual(done.returncode, 0, done.stdout)

    def haproxy(self, ports=(), name='haproxy.cfg'):
        """An example, with a certificate that is there; `ports` are (as shown, instead)."""
        key, certificate = self.folder / 'key.pem', self.folder / 'certificate.pem'
        made = run('openssl', 'req', '-x509', '-newkey', 'ec', '-nodes',
                   '-pkeyopt', 'ec_paramgen_curve:P-256', '-subj', '/CN=localhost',
                   '-keyout', str(key), '-out', str(certificate))
        self.assertEqual(made.returncode, 0, made.stderr)
        both = self.folder / 'both.pem'
        both.write_text(certificate.read_text() + key.read_text(), encoding='utf-8')
        text = (ROOT / 'examples/haproxy' / name).read_text(encoding='utf-8')
        for shown, instead in (('/etc/haproxy/console-policy.pem', str(both)), *ports):
            self.assertIn(shown, text)
            text = text.replace(shown, instead)
        file = self.folder / name
        file.write_text(text, encoding='utf-8')
        return str(file)

    def assert_haproxy_takes(self, *files):
        done = run('/usr/sbin/haproxy', '-c', *(word for file in files for word in ('-f', file)))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn('WARNING', done.stdout + done.stderr)

    def test_haproxy_takes_the_example(self):
        self.assert_haproxy_takes(self.haproxy())

    def test_haproxy_takes_the_examples_for_three_controllers_alone_and_together(self):
        authority = self.folder / 'certificate.pem'
        api = self.haproxy([('/etc/haproxy/console-policy-ca.pem', str(authority))], 'three-controllers.cfg')
        database = str(ROOT / 'examples/haproxy/galera.cfg')
        for files in ((api,), (database,), (api, database)):
            with self.subTest(files):
                self.assert_haproxy_takes(*files)

    def test_the_check_of_a_database_node_answers_503_without_a_node(self):
        check = ROOT / 'examples/galera/node-check'
        done = subprocess.run([check, f'--socket={self.folder}/none'], capture_output=True,
                              text=True, input='GET / HTTP/1.0\r\n\r\n', timeout=SECONDS)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.startswith('HTTP/1.1 503 Service Unavailable\n'), done.stdout)

    def test_systemd_takes_the_units_of_the_check(self):
        for file in (ROOT / 'examples/galera').glob('galera-node-check*'):
            text = file.read_text(encoding='utf-8').replace('/usr/local/sbin/galera-node-check', '/bin/true')
            (self.folder / file.name).write_text(text, encoding='utf-8')
        done = run('systemd-analyze', 'verify', '--recursive-errors=no', f'{self.folder}/galera-node-check.socket',
                   f'{self.folder}/galera-node-check@1.service')
        self.assertEqual([line for line in done.stderr.splitlines() if 'galera-node-check' in line], [])

    def test_behind_haproxy_clients_differ_and_cannot_claim_to_be_another(self):
        daemon = self.enterContext(Daemon(configuration='http:\n  proxy_headers: x-forwarded\n'))
        port = free_port()
        file = self.haproxy([('bind :9443', f'bind 127.0.0.1:{port}'),
                             ('127.0.0.1:9797', f'127.0.0.1:{daemon.port}')])
        with subprocess.Popen(['/usr/sbin/haproxy', '-db', '-f', file], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL) as proxy:
            self.addCleanup(proxy.kill)
            claims = {'X-Forwarded-For': '192.0.2.1', 'Forwarded': 'for=192.0.2.2',
                      'X-Forwarded-Prefix': '/elsewhere', 'X-Auth-Token': PERSONAS['admin'].token}
            answers = []
            for client in ('127.0.0.2', '127.0.0.3'):
                answers.append(self.ask_by_tls(client, port, '/v1/policies?limit=1', claims))
            proxy.terminate()
        self.assertEqual([answer.status for answer in answers], [200, 200])
        daemon.end()
        lines = [json.loads(line) for line in daemon.log().splitlines()]
        self.assertEqual([line['client'] for line in lines if line.get('route') == '/v1/policies'],
                         ['127.0.0.2', '127.0.0.3'])

    def ask_by_tls(self, client, port, path, headers):
        """A GET from that address, as soon as a server listens."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        deadline = time.monotonic() + SECONDS
        while True:
            connection = http.client.HTTPSConnection('127.0.0.1', port, timeout=SECONDS, context=context,
                                                     source_address=(client, 0))
            with contextlib.closing(connection):
                try:
                    connection.request('GET', path, headers=headers)
                    return connection.getresponse()
                except ConnectionRefusedError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.02)

    def test_horizon_gets_the_port_at_which_the_proxy_listens(self):
        proxy = (ROOT / 'examples/haproxy/haproxy.cfg').read_text(encoding='utf-8')
        dashboard = (ROOT / 'examples/horizon/_1890_console_policy.py').read_text(encoding='utf-8')
        at, = re.findall(r'^ +bind :(\d+) ', proxy, re.MULTILINE)
        self.assertEqual(re.findall(r"'ENDPOINT': 'https://[a-z.]+:(\d+)'", dashboard), [at])
