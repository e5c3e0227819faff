#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Start-up, memory and latency of console-policyd, beside nginx.

usage: tests/bench/first_figures.py build/release/service/console-policyd

Three figures, each the median over ROUNDS fresh starts, the two programs
in turn within each round:

* from the start of the process to the first answer of a kept-alive
  connection (connecting is tried every millisecond);
* resident memory of the idle process after one answer;
* round-trip time of a request on one kept-alive loopback connection:
  console-policyd resolves one instance (authenticated, 1,000 policies
  stored, five scopes looked up), nginx answers ``return 200`` with a
  fixed JSON text of 113 bytes.

The client is a blocking socket of this script; its own cost is in both
columns. Read the ratio, not the microseconds.
"""
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 5
REQUESTS = 3000
POLICIES = 1000
PROJECT = 'b1946ac92492d2347c6235b4d2611184'
INSTANCE = '7f3c1a52-6d0e-4a5b-9a57-0d6f1c2b3e4d'


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def connect_when_up(port, process, deadline=20):
    """A connected socket, as soon as somebody listens."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit('a server ended at its start')
        try:
            return socket.create_connection(('127.0.0.1', port), 5)
        except ConnectionRefusedError:
            time.sleep(0.001)
    sys.exit('a server did not start')


def read_answer(sock):
    data = b''
    while b'\r\n\r\n' not in data:
        data += receive(sock)
    head, _, body = data.partition(b'\r\n\r\n')
    length = int(head.lower().split(b'content-length:')[1].split(b'\r')[0])
    while len(body) < length:
        body += receive(sock)
    if not head.startswith(b'HTTP/1.1 200'):
        sys.exit('not 200: %r' % head[:200])
    return body


def receive(sock):
    data = sock.recv(65536)
    if not data:
        sys.exit('the server closed the connection')
    return data


def resident_kib(pids):
    total = 0
    for pid in pids:
        with open('/proc/%d/smaps_rollup' % pid) as f:
            total += int(f.read().split('Rss:')[1].split()[0])
    return total


def children(pid):
    with open('/proc/%d/task/%d/children' % (pid, pid)) as f:
        return [int(p) for p in f.read().split()]


def measure(command, port, request, environment=None, prepare=None,
            first=None):
    """One fresh start: (start s, resident KiB, [round trip s])."""
    began = time.monotonic()
    process = subprocess.Popen(command, env=environment,
                               stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        sock = connect_when_up(port, process)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(first or request)
        read_answer(sock)
        started = time.monotonic() - began
        time.sleep(0.2)
        resident = resident_kib([process.pid] + children(process.pid))
        if prepare:
            request = prepare()
        for _ in range(REQUESTS // 10):
            sock.sendall(request)
            read_answer(sock)
        times = []
        for _ in range(REQUESTS):
            begin = time.perf_counter()
            sock.sendall(request)
            read_answer(sock)
            times.append(time.perf_counter() - begin)
        sock.close()
        return started, resident, times
    finally:
        process.terminate()
        process.wait(30)


def measure_policyd(binary):
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {'CONSOLE_POLICY_DATA_DIR': folder,
                       'CONSOLE_POLICY_LISTEN': '127.0.0.1:%d' % port,
                       'CONSOLE_POLICY_LOG_LEVEL': 'info'}

        def prepare():
            with open(folder + '/admin.token') as f:
                token = f.read().strip()
            store_policies(port, token)
            return ('GET /v1/projects/%s/instances/%s/consoles?'
                    'domain_id=default HTTP/1.1\r\nHost: localhost\r\n'
                    'X-Auth-Token: %s\r\n\r\n'
                    % (PROJECT, INSTANCE, token)).encode()
        return measure([binary], port, None, environment, prepare,
                       b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')


def store_policies(port, token):
    client = http.client.HTTPConnection('127.0.0.1', port, timeout=10)
    headers = {'X-Auth-Token': token, 'Content-Type': 'application/json'}
    body = json.dumps({'policy': {'prefer': ['VNC']}})
    paths = ['cloud', 'domains/default', 'users/admin',
             'projects/' + PROJECT,
             'projects/%s/instances/%s' % (PROJECT, INSTANCE)]
    paths += ['projects/%s/instances/00000000-0000-4000-8000-%012d'
              % (PROJECT, n) for n in range(POLICIES - len(paths))]
    for path in paths:
        client.request('PUT', '/v1/policies/' + path, body, headers)
        answer = client.getresponse()
        answer.read()
        if answer.status != 201:
            sys.exit('PUT %s: %d' % (path, answer.status))


def measure_nginx():
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        body = json.dumps({'filler': 'x' * 98})
        with open(folder + '/nginx.conf', 'w') as f:
            f.write('''daemon off; worker_processes 1; pid %(d)s/pid;
error_log /dev/null; events {}
http { access_log off; keepalive_requests 1000000;
  client_body_temp_path %(d)s/a; proxy_temp_path %(d)s/b;
  fastcgi_temp_path %(d)s/c; uwsgi_temp_path %(d)s/d;
  scgi_temp_path %(d)s/e;
  server { listen 127.0.0.1:%(p)d; default_type application/json;
    location / { return 200 '%(b)s'; } } }
''' % {'d': folder, 'p': port, 'b': body})
        return measure(['nginx', '-c', folder + '/nginx.conf'], port,
                       b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')


def main():
    binary = os.path.abspath(sys.argv[1])
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(measure_policyd(binary))
        theirs.append(measure_nginx())

    def row(title, unit, pick, digits):
        a = [pick(r) for r in ours]
        b = [pick(r) for r in theirs]
        ratios = [x / y for x, y in zip(a, b)]
        print('| %s | %.*f | %.*f | %.2f (%.2f to %.2f) |' % (
            title + ', ' + unit, digits, statistics.median(a),
            digits, statistics.median(b), statistics.median(ratios),
            min(ratios), max(ratios)))

    print('%d rounds, %d requests each, %d policies stored, %d cores\n'
          % (ROUNDS, REQUESTS, POLICIES, os.cpu_count()))
    print('| figure | console-policyd | nginx `return 200` '
          '| ratio (min to max) |')
    print('|---|---|---|---|')
    row('start to first answer', 'ms', lambda r: r[0] * 1e3, 1)
    row('resident memory, idle', 'MiB', lambda r: r[1] / 1024, 1)
    row('round trip, median', 'us',
        lambda r: statistics.median(r[2]) * 1e6, 0)
    row('round trip, 99th percentile', 'us',
        lambda r: sorted(r[2])[int(len(r[2]) * 0.99)] * 1e6, 0)


if __name__ == '__main__':
    main()
