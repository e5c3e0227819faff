# SPDX-License-Identifier: Apache-2.0
"""Starts the servers of the benchmark on free loopback ports, loads them, and reads what they use."""

import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = pathlib.Path(__file__).parent
BODY = ('{"resolution":{"consoles":["SPICE","VNC","SERIAL","MKS"],"denied":[],"revision":1234,'
        '"filler":"xxxxxxxxxxxxxxx"}}')  # 113 bytes
PROJECT = 'b1946ac92492d2347c6235b4d2611184'
USER = '5f4dcc3b5aa765d61d8327deb882cf99'
INSTANCE = '7f3c1a52-6d0e-4a5b-9a57-0d6f1c2b3e4d'
USER_TOKEN = 'gAAAAAB' + 'nXyZ0' * 35  # as long as a Fernet token


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Server:
    """A process that listens on `port`; `path` and `headers` are those of the measured request."""

    def __init__(self, name, command, port, path='/', headers=None, scheme='http', env=None, cwd=None):
        self.name, self.port, self.path, self.headers, self.scheme = name, port, path, headers or {}, scheme
        self.process = subprocess.Popen([str(word) for word in command], env=env, cwd=cwd,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.started_in = self._wait_until_it_listens()

    def _wait_until_it_listens(self, deadline=60):
        began = time.monotonic()
        while time.monotonic() - began < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f'{self.name} ended at its start')
            try:
                socket.create_connection(('127.0.0.1', self.port), 1).close()
                return time.monotonic() - began
            except OSError:
                time.sleep(0.002)
        raise RuntimeError(f'{self.name} did not start')

    def pids(self):
        found, look = [], [self.process.pid]
        while look:
            pid = look.pop()
            found.append(pid)
            try:
                for task in os.listdir(f'/proc/{pid}/task'):
                    children = pathlib.Path(f'/proc/{pid}/task/{task}/children').read_text('ascii')
                    look += [int(child) for child in children.split()]
            except OSError:
                pass
        return found

    def cpu_seconds(self):
        return sum(cpu_seconds_of(pid) for pid in self.pids())

    def memory_mib(self, field='VmHWM'):
        kib = 0
        for pid in self.pids():
            text = pathlib.Path(f'/proc/{pid}/status').read_text('ascii')
            kib += int(re.search(field + r':\s+(\d+)', text).group(1))
        return kib / 1024

    def ask(self, method='GET', path=None, body=None, headers=None):
        client = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
        client.request(method, path or self.path, body, {**self.headers, **(headers or {})})
        answer = client.getresponse()
        text = answer.read()
        client.close()
        return answer.status, text

    def bytes_of_an_answer(self, method='GET', body=''):
        """On the wire, header included."""
        lines = [f'{method} {self.path} HTTP/1.1', f'Host: 127.0.0.1:{self.port}',
                 *[f'{name}: {value}' for name, value in self.headers.items()],
                 'Content-Type: application/json', f'Content-Length: {len(body)}', 'Connection: close', '', body]
        with socket.create_connection(('127.0.0.1', self.port), 30) as connection:
            connection.sendall('\r\n'.join(lines).encode())
            return len(b''.join(iter(lambda: connection.recv(65536), b'')))

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def microseconds(text):
    number, unit = re.fullmatch(r'([\d.]+)(us|ms|s)', text).groups()
    return float(number) * {'us': 1, 'ms': 1e3, 's': 1e6}[unit]


def wrk_command(server, connections, seconds, path=None, script=None, arguments=()):
    command = ['wrk', '-t1', f'-c{connections}', f'-d{seconds}s', '--latency']
    for name, value in server.headers.items():
        command += ['-H', f'{name}: {value}']
    if script:
        command += ['-s', str(HERE / script)]
    command.append(f'{server.scheme}://127.0.0.1:{server.port}{path or server.path}')
    return command + (['--', *[str(a) for a in arguments]] if arguments else [])


def read_wrk(text):
    rate = float(re.search(r'Requests/sec:\s+([\d.]+)', text).group(1))
    latency = {p: microseconds(re.search(rf'^\s+{p}%\s+(\S+)$', text, re.MULTILINE).group(1)) for p in ('50', '99')}
    bad = re.search(r'Non-2xx or 3xx responses: (\d+)', text)
    errors = re.search(r'Socket errors: (.*)', text)
    return {'rate': rate, 'p50': latency['50'], 'p99': latency['99'],
            'bad': int(bad.group(1)) if bad else 0, 'errors': errors.group(1) if errors else ''}


def cpu_seconds_of(pid):
    fields = pathlib.Path(f'/proc/{pid}/stat').read_text('ascii').rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def cpu_seconds_of_machine():
    """Of all processors, whatever used them."""
    line = pathlib.Path('/proc/stat').read_text('ascii').splitlines()[0]
    user, nice, system, _, _, interrupts, soft_interrupts, *_ = (int(field) for field in line.split()[1:])
    return (user + nice + system + interrupts + soft_interrupts) / os.sysconf('SC_CLK_TCK')


def cpu_seconds_of_children():
    """Of those that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def load(server, connections, seconds, **more):
    """Loads the server with wrk: requests a second, us at p50 and p99, us of processor time a request, the server's and
    wrk's."""
    before, wrk_before = server.cpu_seconds(), cpu_seconds_of_children()
    done = subprocess.run(wrk_command(server, connections, seconds, **more), capture_output=True, text=True,
                          check=True)
    figures = read_wrk(done.stdout)
    requests = max(figures['rate'] * seconds, 1)
    figures['cpu'] = (server.cpu_seconds() - before) / requests * 1e6
    figures['wrk'] = (cpu_seconds_of_children() - wrk_before) / requests * 1e6
    if figures['bad'] or figures['errors']:
        raise RuntimeError(f'{server.name}: {done.stdout}')
    return figures


class FakeKeystone:
    """A fake that validates one token. keystone_cost.py measures a real one."""

    def __init__(self):
        caller = {'token': {
            'methods': ['password'],
            'expires_at': '2099-01-01T00:00:00.000000Z', 'issued_at': '2026-01-01T00:00:00.000000Z',
            'user': {'id': USER, 'name': 'alice', 'domain': {'id': 'default', 'name': 'Default'}},
            'project': {'id': PROJECT, 'name': 'demo', 'domain': {'id': 'default', 'name': 'Default'}},
            'roles': [{'id': '1', 'name': 'member'}, {'id': '2', 'name': 'reader'}]}}

        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def answer(self, status, headers):
                body = json.dumps(caller).encode()
                self.send_response(status)
                for name, value in {**headers, 'Content-Type': 'application/json',
                                    'Content-Length': str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                self.rfile.read(int(self.headers.get('Content-Length', 0)))
                self.answer(201, {'X-Subject-Token': 'own'})

            def do_GET(self):
                self.answer(200 if self.headers.get('X-Subject-Token') == USER_TOKEN else 404, {})

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self.server.server_port}/v3'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()


def policyd(binary, folder, keystone=None, tls=False, name='console-policyd', io_threads=None, settings=None):
    """The daemon with default settings and its log in a file; `settings` are more sections of its configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    port, tls_port = free_port(), free_port()
    config = {'data_dir': str(folder), 'log': {'file': str(folder / 'log')},
              'listen': [{'address': '127.0.0.1', 'port': port}],
              'metrics': {'listen': {'address': '127.0.0.1', 'port': 0}},
              'http': {'io_threads': io_threads or os.cpu_count()}, **(settings or {})}
    if keystone:
        secret = folder / 'keystone.password'
        secret.write_text('secret\n')
        secret.chmod(0o600)
        config['identity'] = {
            'static': {'enabled': True},
            'keystone': {'auth_url': keystone.url, 'username': 'console-policy', 'password_file': str(secret),
                         'project_name': 'service'}}
    if tls:
        certificate(folder)
        config['listen'].append({'address': '127.0.0.1', 'port': tls_port,
                                 'tls': {'certificate': str(folder / 'cert.pem'), 'key': str(folder / 'key.pem')}})
    (folder / 'config.yaml').write_text(json.dumps(config))
    server = Server(name, [binary, '--config', folder / 'config.yaml'], port)
    token = (folder / 'admin.token').read_text('ascii').strip()
    server.admin = {'X-Auth-Token': token}
    server.path = f'/v1/projects/{PROJECT}/instances/{INSTANCE}/consoles'
    server.headers = {'X-Auth-Token': USER_TOKEN} if keystone else server.admin
    server.tls_port = tls_port
    return server


class ByTls:
    """A daemon by its TLS port."""

    def __init__(self, daemon):
        self.name, self.scheme, self.port = f'{daemon.name}, TLS', 'https', daemon.tls_port
        self.path, self.headers, self.cpu_seconds = daemon.path, daemon.headers, daemon.cpu_seconds


class ByAdmin:
    """A daemon, with the token of its administrator."""

    def __init__(self, daemon):
        self.name, self.scheme, self.port = daemon.name, 'http', daemon.port
        self.path, self.headers, self.cpu_seconds = daemon.path, daemon.admin, daemon.cpu_seconds


def certificate(folder):
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
                    '-days', '2', '-subj', '/CN=localhost', '-keyout', folder / 'key.pem', '-out', folder / 'cert.pem'],
                   check=True, capture_output=True)
    (folder / 'key.pem').chmod(0o600)


def store_some(server):
    """A policy at each of the five scopes, so that a resolution combines all of them."""
    for path in ('cloud', 'domains/default', f'projects/{PROJECT}', f'users/{USER}',
                 f'projects/{PROJECT}/instances/{INSTANCE}'):
        status, text = server.ask('PUT', '/v1/policies/' + path, json.dumps({'policy': {'prefer': ['VNC']}}),
                                  {**server.admin, 'Content-Type': 'application/json'})
        if status not in (200, 201):
            raise RuntimeError(f'PUT {path}: {status} {text!r}')


def nginx(folder):
    port = free_port()
    folder.mkdir()
    folder.chmod(0o755)
    (folder / 'nginx.conf').write_text(f'''daemon off; worker_processes auto; pid {folder}/pid; error_log /dev/null;
events {{}}
http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;
  fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port} reuseport; default_type application/json;
    location / {{ return 200 '{BODY}'; }} }} }}''')
    return Server('nginx', ['nginx', '-c', folder / 'nginx.conf'], port)


def etcd(folder):
    port, peer = free_port(), free_port()
    server = Server('etcd', ['etcd', '--data-dir', folder, '--enable-v2=true', '--log-level', 'error',
                             '--listen-client-urls', f'http://127.0.0.1:{port}',
                             '--advertise-client-urls', f'http://127.0.0.1:{port}',
                             '--listen-peer-urls', f'http://127.0.0.1:{peer}',
                             '--initial-advertise-peer-urls', f'http://127.0.0.1:{peer}',
                             '--initial-cluster', f'default=http://127.0.0.1:{peer}'], port, '/v2/keys/policy')
    form = {'Content-Type': 'application/x-www-form-urlencoded'}
    for _ in range(200):
        if server.ask('PUT', body='value=' + 'x' * 60, headers=form)[0] in (200, 201):
            return server
        time.sleep(0.1)
    raise RuntimeError('etcd takes no key')


def wsgi():
    """Behind uWSGI's HTTP router: without it (--http11-socket) each worker serves one kept connection, and the others
    wait."""
    port = free_port()
    return Server('bare WSGI', ['uwsgi', '--plugin', 'http,python3', '--http', f'127.0.0.1:{port}', '--http-keepalive',
                                '--master', '--processes', os.cpu_count(), '--disable-logging', '--listen', '100',
                                '--die-on-term', '--wsgi-file', HERE / 'peers' / 'bare_wsgi.py'], port)


def cerbos(folder):
    """None if npm cannot install it."""
    folder.mkdir()
    install = HERE.parents[1] / 'build' / 'bench-peers'
    install.mkdir(parents=True, exist_ok=True)

    def installed():
        found = install.glob('node_modules/@cerbos/*/cerbos*')
        return next((path for path in found if path.is_file() and os.access(path, os.X_OK)), None)

    if installed() is None and shutil.which('npm'):
        subprocess.run(['npm', 'install', '--no-fund', '--no-audit', '@cerbos/cerbos-linux-x64'], cwd=install,
                       capture_output=True, timeout=240, check=False)
    program = installed()
    if program is None:
        return None
    port, grpc = free_port(), free_port()
    (folder / 'policies').mkdir()
    (folder / 'policies' / 'console.yaml').write_text('''apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: console
  version: default
  rules:
    - {actions: [spice, vnc, serial], effect: EFFECT_ALLOW, roles: [member]}
    - {actions: [rdp], effect: EFFECT_DENY, roles: [member]}
''')
    (folder / 'config.yaml').write_text(f'''server:
  httpListenAddr: "127.0.0.1:{port}"
  grpcListenAddr: "127.0.0.1:{grpc}"
storage: {{driver: disk, disk: {{directory: {folder}/policies, watchForChanges: false}}}}
telemetry: {{disabled: true}}
audit: {{enabled: false}}
''')
    env = {**os.environ, 'CERBOS_NO_TELEMETRY': '1'}
    return Server('cerbos', [program, 'server', '--log-level=error', f'--config={folder}/config.yaml'], port,
                  '/api/check/resources', env=env)
