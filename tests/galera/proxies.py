# SPDX-License-Identifier: Apache-2.0
"""HAProxy with the files of examples/haproxy, and the node check of examples/galera, on the ports of a test."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / 'examples'


class Program:
    """A process in the foreground. A context manager."""

    def __init__(self, log, *command):
        self._log, self._command, self._process = log, command, None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        with open(self._log, 'ab') as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def kill(self):
        self._process.kill()
        self._process.wait()

    def alive(self):
        return self._process.poll() is None


def replaced(text, *pairs):
    """The text with each (pattern, replacement) applied; every pattern has to be there."""
    for pattern, replacement in pairs:
        text, count = re.subn(pattern, replacement, text)
        assert count, f'the example does not have {pattern!r} any more'
    return text


def haproxy(folder, name, text):
    """HAProxy with this configuration."""
    file = folder / f'{name}.cfg'
    file.write_text(text, encoding='utf-8')
    return Program(folder / f'{name}.log', '/usr/sbin/haproxy', '-db', '-f', str(file))


def database_proxy(folder, ports, nodes):
    """One address for the three nodes: examples/haproxy/galera.cfg."""
    text = (EXAMPLES / 'haproxy' / 'galera.cfg').read_text(encoding='utf-8')
    text = replaced(text, (r'bind 192\.0\.2\.10:3306', f'bind 127.0.0.1:{ports.sql_proxy}'), (' port 9200', ''))
    for node in nodes:
        text = replaced(text, (rf'192\.0\.2\.1{node.number}:3306',
                               f'127.0.0.1:{node.port} check port {ports.node_check(node.number)}'))
    return haproxy(folder, 'galera', text)


def api_proxy(folder, ports, authority):
    """One address for the three daemons: examples/haproxy/three-controllers.cfg."""
    own = authority.issue('api-proxy')
    pem = folder / 'api-proxy.pem'
    pem.write_text(own.certificate.read_text() + own.key.read_text(), encoding='utf-8')
    text = (EXAMPLES / 'haproxy' / 'three-controllers.cfg').read_text(encoding='utf-8')
    text = replaced(text, (r'bind :9443 ssl crt \S+', f'bind 127.0.0.1:{ports.api_proxy} ssl crt {pem}'),
                    (r'ca-file \S+', f'ca-file {authority.certificate}'))
    for number in (1, 2, 3):
        text = replaced(text, (rf'192\.0\.2\.1{number}:9797', f'127.0.0.1:{ports.tls(number)}'))
    return haproxy(folder, 'three-controllers', text)


def controller_name(number):
    """The name by which examples/haproxy/three-controllers.cfg verifies a daemon's certificate."""
    return f'controller-{number}.example.org'


def node_check(ports, node):
    """The check of one node, started once a connection as systemd's socket unit does."""
    return Program('/dev/null', '/usr/bin/systemd-socket-activate', '--accept', '--inetd',
                   '--listen', f'127.0.0.1:{ports.node_check(node.number)}', str(EXAMPLES / 'galera' / 'node-check'),
                   f'--socket={node.folder}/socket', '--user=root')
