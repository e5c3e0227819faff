# SPDX-License-Identifier: Apache-2.0
"""The rig that tests/openstack/up brought up: where things are, and what Nova was asked."""
import json
import os
import re
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STATE = os.environ['RIG_STATE']
LOGS = os.path.join(STATE, 'log')
USER_PASSWORD = os.environ['RIG_USER_PASS']
HORIZON = 'http://127.0.0.1:8080'           # restarted with the shim
KEYSTONE = 'http://127.0.0.1:5000/v3'
STOCK_HORIZON = 'http://127.0.0.1:8081'     # started before the shim was installed

with open(os.path.join(STATE, 'servers.json')) as _servers:
    SERVERS = json.load(_servers)

_VIEWERS = (('VNC', r'http://127\.0\.0\.1:6080/vnc_lite\.html\?'),
            ('SPICE', r'http://127\.0\.0\.1:6082/spice_auto\.html\?'),
            ('SERIAL', r'http://127\.0\.0\.1:80\d\d/project/instances/[0-9a-f-]{36}/serial$'))


def viewer_type(url):
    """The console type that a URL opens in a browser; the URL itself where it opens none."""
    for name, pattern in _VIEWERS:
        if re.match(pattern, url):
            return name
    return url


def shell(command, seconds=120):
    """Run a line of bash with lib.sh's functions; its output, or an error that shows it."""
    done = subprocess.run(['bash', '-euo', 'pipefail', '-c', 'cd "$0"; . ./lib.sh; ' + command, HERE],
                          text=True, timeout=seconds, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError('%s\n-> %d: %s' % (command, done.returncode, done.stdout[-2000:]))
    return done.stdout


def password(user):
    return os.environ['RIG_ADMIN_PASS'] if user == 'admin' else USER_PASSWORD


class frozen:
    """While it holds, the compute host does not answer."""

    def __init__(self, host):
        self._host = host

    def __enter__(self):
        shell('tools/freeze on ' + self._host)

    def __exit__(self, *_):
        shell('tools/freeze off ' + self._host)


def switch_spice(host, setting):
    shell('tools/spice %s %s' % (setting, host))


def has_spice(server):
    """Whether the guest, as it was last defined, has SPICE."""
    with open(os.path.join(STATE, 'nova-' + server['host'], 'guests.json')) as guests:
        return json.load(guests)[server['id']]['spice']


class NovaLog:
    """What nova-api was asked from now on, from its request log."""

    def __init__(self):
        self._path = os.path.join(LOGS, 'nova-api.log')
        self._from = os.path.getsize(self._path)

    def console_calls(self, server):
        """Status codes of the calls for a console of this server: the actions and POST remote-consoles."""
        time.sleep(0.3)     # the line is written after the answer
        with open(self._path, errors='replace') as log:
            log.seek(self._from)
            return [int(status) for status in re.findall(
                r'\] POST /v2\.1/servers/%s/(?:action|remote-consoles) => .* (\d+)\)' % server['id'], log.read())]


class SerialTap:
    """What comes out of the guest's COM1 (one listener at a time: a serial console keeps others out)."""

    def __init__(self):
        self._socket = socket.create_connection(('127.0.0.1', 6971), timeout=5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def wait_for(self, text, seconds=10):
        """Everything heard until `text` came, or until the time is up."""
        heard, deadline = '', time.monotonic() + seconds
        while text not in heard and time.monotonic() < deadline:
            self._socket.settimeout(max(0.1, deadline - time.monotonic()))
            try:
                heard += self._socket.recv(4096).decode('ascii', 'replace')
            except socket.timeout:
                break
        return heard
