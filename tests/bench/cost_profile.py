#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What one resolution costs, in instructions, by stage: counted by callgrind, so the same on a busy machine.

usage: tests/bench/cost_profile.py CONSOLE-POLICYD [--write]

Counts REQUESTS resolutions of one instance (by a user whom a fake Keystone has named once, with a policy at each of
five scopes, one kept connection, one I/O thread, the log in a file) and compares each stage with cost_profile.txt: more
than 10 % (and 100 instructions) above or below fails. A change that is meant goes into the table with --write. The
table holds for Debian 12's compiler and libraries and the release preset; processor features that pick another code
path (AVX in OpenSSL) are masked. Instructions of the kernel, and of waiting, are not in it. What OpenSSL takes beside
it over TLS is counted apart.
"""

import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile

import stage

REQUESTS = 500
WARM_UP = 200
TOLERANCE, SLACK = 0.10, 100
TABLE = stage.HERE / 'cost_profile.txt'

# Stage: functions whose instructions, with all that they call, are its; those after a minus are not.
API, STORE, HTTP = 'console_policy::api::', 'console_policy::store::', 'console_policy::http::'
STAGES = {
    'total': ([HTTP + 'Connection::on_read('], []),
    'parse': ([HTTP + 'RequestParser::put('], []),
    'route': ([API + 'find_route('], []),
    'authenticate': ([API + 'Pipeline::authenticate('], [API + 'Pipeline::authorize(']),
    'authorise': ([API + 'Pipeline::authorize('], [API + 'Pipeline::find_domain(']),
    'look up': ([STORE + 'SociStore::in_force('], []),
    'decide': (['console_policy::resolve('], []),
    'serialise': (['console_policy::codec::encode_resolution', API + 'answer_under('], []),
    'entity tag': ([API + 'tag_of'], []),
    'send': ([HTTP + 'Connection::send('], []),
    'log': ([API + 'Pipeline::log('], []),
    'metrics': (['console_policy::metrics::Metrics::request('], []),
}
# The same over TLS, beside the total: OpenSSL's part.
TLS_STAGES = {
    'TLS, received': ([HTTP + 'TlsStream::take('], []),
    'TLS, sent': ([HTTP + 'TlsStream::write_at_once('], []),
}


def ask(connection, request):
    connection.sendall(request)
    data = b''
    while b'\r\n\r\n' not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b'\r\n\r\n')
    length = int(re.search(rb'Content-Length: (\d+)', head).group(1))
    while len(body) < length:
        body += connection.recv(65536)
    if not head.startswith(b'HTTP/1.1 200'):
        sys.exit(f'not 200: {head!r}')


def connected(server, tls):
    connection = socket.create_connection(('127.0.0.1', server.tls_port if tls else server.port))
    if not tls:
        return connection
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connection)


def count(binary, folder, tls):
    """The file that callgrind wrote."""
    out = folder / 'callgrind.out'
    os.environ['OPENSSL_ia32cap'] = '~0x1000000000000000:0x0'
    wrapper = folder / 'daemon'
    wrapper.write_text('#!/bin/sh\nexec valgrind --tool=callgrind --instr-atstart=no '
                       f'--callgrind-out-file={out} {binary} "$@"\n')
    wrapper.chmod(0o755)
    keystone = stage.FakeKeystone()
    server = stage.policyd(wrapper, folder / 'data', keystone, tls=tls, io_threads=1)
    try:
        stage.store_some(server)
        request = (f'GET {server.path} HTTP/1.1\r\nHost: localhost\r\n'
                   f'X-Auth-Token: {server.headers["X-Auth-Token"]}\r\n\r\n').encode()
        with connected(server, tls) as connection:
            for _ in range(WARM_UP):
                ask(connection, request)
            instrument(server, 'on')
            for _ in range(REQUESTS):
                ask(connection, request)
            instrument(server, 'off')
    finally:
        server.stop()
        keystone.stop()
    return out


def instrument(server, state):
    subprocess.run(['callgrind_control', '-i', state, str(server.process.pid)], check=True, capture_output=True)


def inclusive(out):
    """[(instructions a request, function)], of each function with what it calls."""
    text = subprocess.run(['callgrind_annotate', '--inclusive=yes', '--threshold=100', str(out)],
                          capture_output=True, text=True, check=True).stdout
    found = re.findall(r'^\s*([\d,]+) \([ \d.]+%\)\s+\S*?:(.*)$', text, re.MULTILINE)
    return [(int(number.replace(',', '')) / REQUESTS, name) for number, name in found]


def cost_of(functions, names, required=True):
    sum_of_all = 0
    for wanted in names:
        found = [cost for cost, name in functions if name.startswith(wanted) and "'2" not in name]
        if not found and required:
            sys.exit(f'no function {wanted}: is this the release preset?')
        sum_of_all += max(found, default=0)
    return sum_of_all


def costs(functions, stages):
    return {name: round(cost_of(functions, with_these) - cost_of(functions, without_these))
            for name, (with_these, without_these) in stages.items()}


def stages_of(functions, functions_over_tls):
    stages = costs(functions, STAGES)
    stages['the rest'] = stages['total'] - sum(cost for name, cost in stages.items() if name != 'total')
    return {**stages, **costs(functions_over_tls, TLS_STAGES)}


def read_table():
    lines = [line.rsplit(None, 1) for line in TABLE.read_text('ascii').splitlines() if not line.startswith('#')]
    return {name: int(cost) for name, cost in lines}


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    found = []
    for tls in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            found.append(inclusive(count(binary, pathlib.Path(folder), tls)))
    stages = stages_of(*found)
    if sys.argv[2:] == ['--write']:
        TABLE.write_text('# SPDX-License-Identifier: Apache-2.0\n'
                         '# Instructions of one resolution, by stage. Written by cost_profile.py --write.\n' +
                         ''.join(f'{name:<14}{cost:>8}\n' for name, cost in stages.items()), 'ascii')
    table, failed = read_table(), 0
    for name in sorted(set(table) | set(stages), key=list(stages).index if set(table) <= set(stages) else None):
        was, now = table.get(name, 0), stages.get(name, 0)
        bad = abs(now - was) > max(was * TOLERANCE, SLACK)
        failed += bad
        print(f'{"FAILED" if bad else "ok":<7}{name:<14}{was:>8} {now:>8}  {(now - was) / max(was, 1):+.1%}')
    print(f'{len(stages) - failed} passed, {failed} failed')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
