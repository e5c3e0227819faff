# SPDX-License-Identifier: Apache-2.0
"""console-policyd as the fault tests run it: on free ports, with a folder of its own."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_SECONDS = 30
STOP_SECONDS = 30
REQUEST_SECONDS = 30
SANITIZER_REPORT = 'Sanitizer|runtime error:'  # in a log


def binary():
    return os.environ.get('CONSOLE_POLICYD') or str(ROOT / 'build' / 'release' / 'service' / 'console-policyd')


def sanitizer():
    """'asan', 'tsan' or '': what the daemon under test was built with."""
    text = pathlib.Path(binary()).read_bytes()
    return 'asan' if b'__asan_init' in text else 'tsan' if b'__tsan_init' in text else ''


def quick():
    """Whether only what fits into a sanitizer's patience is to be run."""
    return os.environ.get('CONSOLE_POLICY_FAULT') == 'quick'


def long():
    return os.environ.get('CONSOLE_POLICY_FAULT') == 'long'


def wait_until(condition, message, seconds=20):
    """AssertionError with the message when the condition is still false after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, message
        time.sleep(0.02)


def free_port():
    with contextlib.closing(socket.socket()) as listener:
        listener.bind(('127.0.0.1', 0))
        return listener.getsockname()[1]


def make_certificate(folder, name='server', subject='/CN=localhost', signer=None):
    """A self-signed certificate and its key, or one that `signer` (an earlier result) signed."""
    certificate, key = folder / f'{name}.pem', folder / f'{name}.key'
    command = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
               '-days', '2', '-subj', subject, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
               '-out', str(certificate), '-keyout', str(key)]
    if signer:
        command += ['-CA', str(signer[0]), '-CAkey', str(signer[1]), '-addext', 'basicConstraints=critical,CA:FALSE']
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    key.chmod(0o600)
    return certificate, key


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Daemon:
    """One daemon and its folder. start() and stop() may alternate: the folder stays until close()."""

    def __init__(self, settings='', tls='', env=None, folder=None, before=(), port=None, tls_port=None):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix='console-policy-fault-'))
        self.data = self.tokens = self.folder / 'data'
        self.port = port or free_port()
        self.tls_port = (tls_port or free_port()) if tls else None
        self.log_path = self.folder / 'log'
        self.config = self.folder / 'console-policyd.yaml'
        self.env = env or {}
        self.before = before  # words that start the binary: as another user, for example
        self.process = None
        listen = f'listen:\n  - address: 127.0.0.1\n    port: {self.port}\n'
        if tls:
            listen += f'  - address: 127.0.0.1\n    port: {self.tls_port}\n    tls:\n{tls}'
        self.config.write_text(f'data_dir: {self.data}\n{listen}{settings}', encoding='utf-8')

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    def beside(self, store=''):
        """Another daemon on the same database and tokens file; `store` has more lines of that section."""
        other = Daemon(f'store:\n  url: sqlite:///{self.database}\n{store}'
                       f'identity:\n  static:\n    tokens_file: {self.data}/tokens.yaml\n')
        other.tokens = self.data
        return other

    def command(self, *words):
        """Runs the binary with this daemon's configuration and other words."""
        return subprocess.run([binary(), '--config', str(self.config), *words], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120, env={**os.environ, **self.env})

    def launch(self):
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen([*self.before, binary(), '--config', str(self.config)],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**os.environ, **self.env})

    def start(self):
        self.launch()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError):
                # The listeners begin one after the other.
                for port in filter(None, (self.port, self.tls_port)):
                    socket.create_connection(('127.0.0.1', port), 1).close()
                return self
            time.sleep(0.02)
        self.kill()
        raise AssertionError('the daemon did not start:\n' + self.log())

    def stop(self):
        """SIGTERM; '' when it ended well, else what is wrong."""
        if self.process is None:
            return ''
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            status = 'SIGKILL: it did not end by itself'
        self.process = None
        log = self.log()
        good = status == 0 and not re.search(SANITIZER_REPORT, log)
        return '' if good else f'the daemon ended with {status}:\n{log[-8000:]}'

    def kill(self):
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            self.process.wait()
            self.process = None

    def close(self):
        wrong = self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        assert not wrong, wrong

    def hang_up(self):
        self.process.send_signal(signal.SIGHUP)

    def log(self):
        return self.log_path.read_text(errors='replace') if self.log_path.exists() else ''

    def log_lines(self):
        for line in self.log().splitlines():
            with contextlib.suppress(ValueError):
                yield json.loads(line)

    def reloads(self):
        """The log's lines about policies that were loaded again."""
        return [line for line in self.log_lines() if 'all policies were loaded again' in line['message']]

    @property
    def token(self):
        return (self.tokens / 'admin.token').read_text().strip()

    @property
    def database(self):
        return self.data / 'policy.db'

    def connect(self, timeout=REQUEST_SECONDS, source=None):
        return http.client.HTTPConnection('127.0.0.1', self.port, timeout=timeout,
                                          source_address=(source, 0) if source else None)

    def connect_tls(self, context=None, timeout=REQUEST_SECONDS):
        if context is None:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection('127.0.0.1', self.tls_port, timeout=timeout, context=context)

    def ask(self, method, path, body=None, token=None, connection=None, headers=None):
        """One request, on a connection of its own unless one is given. token='' sends none."""
        own = connection is None
        connection = connection or self.connect()
        headers = dict(headers or {})
        if token != '':
            headers.setdefault('X-Auth-Token', token or self.token)
        if body is not None:
            headers.setdefault('Content-Type', 'application/json')
            body = body if isinstance(body, (bytes, str)) else json.dumps(body)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            if own:
                connection.close()

    def put(self, scope, **policy):
        return self.ask('PUT', f'/v1/policies/{scope}', {'policy': policy})

    def memory_kib(self, name='VmRSS'):
        for line in pathlib.Path(f'/proc/{self.process.pid}/status').read_text().splitlines():
            if line.startswith(name + ':'):
                return int(line.split()[1])
        raise AssertionError('no ' + name)

    def forget_peak(self):
        """From now on VmHWM is the peak since now, where the kernel supports it."""
        with contextlib.suppress(OSError):
            pathlib.Path(f'/proc/{self.process.pid}/clear_refs').write_text('5')

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))
