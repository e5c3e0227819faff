#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What TLS costs: processor time of a resolution and memory of an idle connection, plain and over TLS.

usage: tests/bench/tls_cost.py CONSOLE-POLICYD [ANOTHER…]

Several daemons (before and after a change) run at the same time and are asked in turns: ROUNDS rounds of wrk on 32 kept
connections for SECONDS each. us of processor time a request are the daemon's and wrk's own, the median; the last column
is what they make of the rate of TLS to that of plain where both have the machine to themselves. Memory is the growth of
VmRSS by CONNECTIONS that have asked once, SETTLED seconds later.
"""

import os
import pathlib
import socket
import ssl
import statistics
import sys
import tempfile
import time

import stage

ROUNDS, SECONDS = 7, 2
CONNECTIONS, SETTLED = 800, 15


def opened(daemon, tls, count):
    """Connections that have asked once."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = (f'GET {daemon.path} HTTP/1.1\r\nHost: localhost\r\n'
               f'X-Auth-Token: {daemon.headers["X-Auth-Token"]}\r\n\r\n').encode()
    connections = []
    for _ in range(count):
        connection = socket.create_connection(('127.0.0.1', daemon.tls_port if tls else daemon.port), 10)
        if tls:
            connection = context.wrap_socket(connection)
        connection.sendall(request)
        if not connection.recv(65536).startswith(b'HTTP/1.1 200'):
            sys.exit('not 200')
        connections.append(connection)
    return connections


def idle_kib(daemon, tls):
    before = daemon.memory_mib('VmRSS')
    connections = opened(daemon, tls, CONNECTIONS)
    time.sleep(SETTLED)
    kib = (daemon.memory_mib('VmRSS') - before) * 1024 / CONNECTIONS
    for connection in connections:
        connection.close()
    return kib


def main():
    keystone = stage.FakeKeystone()
    with tempfile.TemporaryDirectory() as folder:
        daemons = [stage.policyd(pathlib.Path(binary).resolve(), pathlib.Path(folder) / str(i), keystone, tls=True,
                                 name=binary) for i, binary in enumerate(sys.argv[1:])]
        try:
            for daemon in daemons:
                stage.store_some(daemon)
            memory = {daemon: (idle_kib(daemon, False), idle_kib(daemon, True)) for daemon in daemons}
            found = {daemon: ([], []) for daemon in daemons}
            for turn in range(ROUNDS):
                for daemon in daemons[::-1 if turn % 2 else 1]:
                    found[daemon][0].append(stage.load(daemon, 32, SECONDS))
                    found[daemon][1].append(stage.load(stage.ByTls(daemon), 32, SECONDS))
        finally:
            for daemon in daemons:
                daemon.stop()
            keystone.stop()
    print(f'{ROUNDS} rounds of {SECONDS} s, {os.cpu_count()} cores: plain / TLS')
    for daemon in daemons:
        cpu, wrk, rate = ([statistics.median(one[key] for one in side) for side in found[daemon]]
                          for key in ('cpu', 'wrk', 'rate'))
        print(f'{daemon.name}: us a request {cpu[0]:.1f} / {cpu[1]:.1f}, wrk\'s own {wrk[0]:.1f} / {wrk[1]:.1f}, '
              f'requests/s {rate[0]:,.0f} / {rate[1]:,.0f} = {rate[1] / rate[0]:.2f}, '
              f'by processor time {(cpu[0] + wrk[0]) / (cpu[1] + wrk[1]):.2f}, '
              f'KiB an idle connection {memory[daemon][0]:.1f} / {memory[daemon][1]:.1f}')


if __name__ == '__main__':
    main()
