#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The instructions of one resolution, counted by callgrind, against an upper bound.

usage: tests/bench/cost_profile.py CONSOLE-POLICYD

Counts REQUESTS resolutions of one instance: a user of a fake Keystone, a policy at each of five scopes, one kept
connection, one I/O thread, the log in a file. Instructions of all threads in user space count, whatever they do; they
hardly depend on the load of the machine. Processor features that select another code path (AVX in OpenSSL) are masked.
"""

import http.client
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import stage

REQUESTS = 2000
WARM_UP = 200
# About 25 % above the release build on Debian 12, so that other compilers and libraries pass, and a change that makes a
# resolution markedly more expensive fails.
MAX_INSTRUCTIONS = 95_000


def ask(connection, server):
    connection.request('GET', server.path, headers=server.headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        sys.exit(f'{answer.status}: {text!r}')


def instrument(server, state):
    subprocess.run(['callgrind_control', '-i', state, str(server.process.pid)], check=True, capture_output=True)


def count(binary, folder):
    out = folder / 'callgrind.out'
    os.environ['OPENSSL_ia32cap'] = '~0x1000000000000000:0x0'
    wrapper = folder / 'daemon'
    wrapper.write_text('#!/bin/sh\nexec valgrind --tool=callgrind --instr-atstart=no '
                       f'--callgrind-out-file={out} {binary} "$@"\n')
    wrapper.chmod(0o755)
    keystone = stage.FakeKeystone()
    server = stage.policyd(wrapper, folder / 'data', keystone, io_threads=1)
    try:
        stage.store_some(server)
        connection = http.client.HTTPConnection('127.0.0.1', server.port)
        for _ in range(WARM_UP):
            ask(connection, server)
        instrument(server, 'on')
        for _ in range(REQUESTS):
            ask(connection, server)
        instrument(server, 'off')
        connection.close()
    finally:
        server.stop()
        keystone.stop()
    return int(re.search(r'^totals: (\d+)', out.read_text(), re.MULTILINE)[1]) // REQUESTS


def main():
    with tempfile.TemporaryDirectory() as folder:
        found = count(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(folder))
    failed = found > MAX_INSTRUCTIONS
    print(f'{"FAILED" if failed else "ok"}: {found:,} instructions a resolution, at most {MAX_INSTRUCTIONS:,}')
    print(f'{int(not failed)} passed, {int(failed)} failed')
    sys.exit(failed)


if __name__ == '__main__':
    main()
