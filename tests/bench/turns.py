#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares daemons: the one before a change with those after it.

usage: tests/bench/turns.py [--rounds N] [--seconds N] [--connections N] [--pause US] [--busy] [--only WORD…] DAEMON…

All daemons run at the same time and are loaded in turns within each round: resolutions by wrk, plain and over TLS,
durable writes by wrk, and resolutions of one client that pauses after each answer (--pause, 1,000 us). Prints medians,
over the rounds, of the ratio to the first daemon in the same round: requests a second, processor time of the daemon a
request, and p99. With --busy, one other process per core uses all of the processor.
"""

import argparse
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import stage

WORDS = ('plain', 'tls', 'writes', 'paced')


def paced(daemon, seconds, pause):
    """One client that pauses, on a kept connection."""
    headers = ''.join(f'{name}: {value}\r\n' for name, value in daemon.headers.items())
    request = f'GET {daemon.path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n'.encode()
    took, before, end = [], daemon.cpu_seconds(), time.monotonic() + seconds
    with socket.create_connection(('127.0.0.1', daemon.port), 10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.monotonic() < end:
            time.sleep(pause)
            began = time.perf_counter()
            connection.sendall(request)
            if not connection.recv(65536).startswith(b'HTTP/1.1 200'):
                raise RuntimeError(f'{daemon.name}: not 200')
            took.append(time.perf_counter() - began)
    took.sort()
    return {'rate': len(took) / seconds, 'p99': took[len(took) * 99 // 100] * 1e6,
            'cpu': (daemon.cpu_seconds() - before) / len(took) * 1e6}


def asked(word, daemon, options, turn):
    if word == 'paced':
        return paced(daemon, options.seconds, options.pause / 1e6)
    if word == 'writes':
        return stage.load(stage.ByAdmin(daemon), options.connections, options.seconds, script='peers/puts.lua',
                          arguments=(turn * 100,))
    return stage.load(stage.ByTls(daemon) if word == 'tls' else daemon, options.connections, options.seconds)


def rounds(daemons, options):
    """{word: {daemon: [figures of each round]}}"""
    found = {word: {daemon: [] for daemon in daemons} for word in options.only}
    for turn in range(options.rounds):
        first = turn % len(daemons)
        for daemon in daemons[first:] + daemons[:first]:
            for word in options.only:
                found[word][daemon].append(asked(word, daemon, options, turn))
    return found


def report(found):
    for word, by_daemon in found.items():
        first = next(iter(by_daemon.values()))
        for daemon, figures in by_daemon.items():
            median = {key: statistics.median(one[key] for one in figures) for key in ('rate', 'cpu', 'p99')}
            ratio = {key: statistics.median(one[key] / max(base[key], 1e-9) for one, base in zip(figures, first))
                     for key in median}
            print(f'{word:7} {daemon.name}: rate {ratio["rate"]:.2f} ({median["rate"]:,.0f}/s), '
                  f'processor time {ratio["cpu"]:.2f} ({median["cpu"]:.1f} us), p99 {ratio["p99"]:.2f} '
                  f'({median["p99"]:,.0f} us)')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rounds', type=int, default=20)
    parser.add_argument('--seconds', type=int, default=1)
    parser.add_argument('--connections', type=int, default=32)
    parser.add_argument('--pause', type=int, default=1000)
    parser.add_argument('--busy', action='store_true')
    parser.add_argument('--only', nargs='+', choices=WORDS, default=WORDS)
    parser.add_argument('daemons', nargs='+')
    options = parser.parse_args()
    keystone, busy, daemons = stage.FakeKeystone(), [], []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for i, binary in enumerate(options.daemons):
                daemons.append(stage.policyd(pathlib.Path(binary).resolve(), pathlib.Path(folder) / str(i), keystone,
                                             tls=True, name=binary))
                stage.store_some(daemons[-1])
            if options.busy:
                busy = [subprocess.Popen([sys.executable, '-c', 'while True: pass']) for _ in range(os.cpu_count())]
            report(rounds(daemons, options))
        finally:
            for process in busy:
                process.kill()
                process.wait()
            for daemon in daemons:
                daemon.stop()
            keystone.stop()


if __name__ == '__main__':
    main()
