#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""console-policyd beside its peers, on this machine, in turns.

usage: tests/bench/peers.py CONSOLE-POLICYD FOLDER answers|durable...

FOLDER has the built peers (bare_beast, bare_cpprest), and gets the figures, one JSON file a part. Everything listens
on free loopback ports and is stopped in the end. tests/bench/run does it all, and tests/bench/report.py writes the
figures into README.md.

answers   one resolution, for a user whom a (fake) Keystone has named, with a policy at each of five scopes, beside the
          peers' own answers: at 1, 8, 32 and 128 kept connections (CONNECTIONS="32" for fewer: what was measured of
          others stays), all servers within each round, each beginning with another. Seven minutes.
durable   durable writes of 1 and 32 clients beside etcd's and beside the disk's own syncs; resolutions over TLS beside
          plain ones; resolutions while 32 clients write as fast as they can; all within each round, each beginning with
          another. Nine minutes.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import stage

ROUNDS, ROUNDS_OF_32 = 5, 15  # a p99 swings with other work on the machine
DURABLE_ROUNDS = 15  # a disk that is shared swings more than a processor
KEPT_SECONDS = 5     # of connections with and without TLS: wrk counts their handshakes, some 30 ms, with the rest
CONNECTIONS = [int(count) for count in os.environ.get('CONNECTIONS', '1 8 32 128').split()]


def figures_of(servers, rounds, seconds):
    """{name: {connections: [figures of a round]}}, the servers in turn within each round, in another order."""
    found = {server.name: {str(c): [] for c in seconds} for server, _ in servers}
    for turn in range(max(rounds.values())):
        in_turn = servers[turn % len(servers):] + servers[:turn % len(servers)]
        for connections, time_each in seconds.items():
            if turn >= rounds[connections]:
                continue
            for server, more in in_turn:
                found[server.name][str(connections)].append(stage.load(server, connections, time_each, **more))
    return found


def asked_alike(servers, daemon):
    """The same token, and the same path where a server answers whatever it is asked."""
    for server, more in servers:
        server.headers = daemon.headers
        if server.path == '/':
            server.path = daemon.path
        stage.load(server, 32, 1, **more)  # what is loaded once is not measured


def answers(binary, built, folder):
    cores = os.cpu_count()
    keystone = stage.FakeKeystone()
    started = []

    def start(server):
        if server is not None:
            started.append(server)
        return server

    try:
        daemon = start(stage.policyd(binary, folder / 'daemon', keystone))
        stage.store_some(daemon)
        status, text = daemon.ask()
        if status != 200 or b'"consoles":["VNC"' not in text:
            raise RuntimeError(f'{status} {text!r}')
        port, one, rest = stage.free_port(), stage.free_port(), stage.free_port()
        servers = [(daemon, {}),
                   (start(stage.Server('bare Beast', [built / 'bare_beast', port, cores], port)), {}),
                   (start(stage.Server('bare Beast, one thread', [built / 'bare_beast', one, 1], one)), {}),
                   (start(stage.nginx(folder / 'nginx')), {}),
                   (start(stage.etcd(folder / 'etcd')), {}),
                   (start(stage.Server('bare cpprestsdk', [built / 'bare_cpprest', rest, cores], rest)), {}),
                   (start(stage.wsgi()), {})]
        cerbos = start(stage.cerbos(folder / 'cerbos'))
        if cerbos is None:
            print('cerbos: not to be had here (npm), left out', file=sys.stderr)
        else:
            servers.append((cerbos, {'script': 'peers/cerbos.lua'}))
        asked_alike(servers, daemon)
        seconds = {c: 2 if c == 32 else 1 for c in CONNECTIONS}
        found = figures_of(servers, {c: ROUNDS_OF_32 if c == 32 else ROUNDS for c in CONNECTIONS}, seconds)
        memory = {server.name: server.memory_mib() for server, _ in servers}
        sizes = {server.name: server.bytes_of_an_answer() for server, more in servers if not more}
        return {'figures': found, 'memory': memory, 'bytes': sizes}
    finally:
        for server in started:
            server.stop()
        keystone.stop()


def with_earlier(found, path):
    """What was measured now, and, of other numbers of connections, what was measured before."""
    if path.exists():
        for name, by_connections in json.loads(path.read_text())['figures'].items():
            if name in found['figures']:
                found['figures'][name] = {**by_connections, **found['figures'][name]}
    for name, by_connections in found['figures'].items():
        found['figures'][name] = dict(sorted(by_connections.items(), key=lambda item: int(item[0])))
    return found


def syncs_a_second(folder):
    """How often the disk takes 4 KiB for good, one after another."""
    path = folder / 'sync'
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY)
    try:
        count, began = 0, time.monotonic()
        while time.monotonic() - began < 1:
            os.pwrite(descriptor, b'x' * 4096, count % 256 * 4096)
            os.fdatasync(descriptor)
            count += 1
        return count / (time.monotonic() - began)
    finally:
        os.close(descriptor)


def flooded(daemon, writer):
    """Resolutions with 32 clients writing beside them, and what those wrote."""
    flood = subprocess.Popen(stage.wrk_command(writer, 32, 5, script='peers/puts.lua', arguments=('policyd', 0)),
                             stdout=subprocess.PIPE, text=True)
    time.sleep(1)
    read = stage.load(daemon, 32, 3)
    return read, stage.read_wrk(flood.communicate(timeout=60)[0])


def durable(binary, built, folder):
    keystone = stage.FakeKeystone()
    daemon = stage.policyd(binary, folder / 'daemon', keystone, tls=True)
    etcd = stage.etcd(folder / 'etcd')
    try:
        stage.store_some(daemon)
        secure, writer = stage.ByTls(daemon), stage.ByAdmin(daemon)
        writers = [(name, server, clients) for clients in (1, 32)
                   for name, server in (('policyd', writer), ('etcd', etcd))]
        found = {'rounds': DURABLE_ROUNDS, 'syncs': [], 'plain': [], 'tls': [], 'quiet': [], 'flooded': [], 'flood': [],
                 'writes': {f'{name} {clients}': [] for name, _, clients in writers}}
        for name, server, clients in writers:  # what is made once is not measured
            stage.load(server, clients, 1, script='peers/puts.lua', arguments=(name, 0))
        for turn in range(DURABLE_ROUNDS):
            # Before and after: a disk shared with others swings within a round, too.
            before = syncs_a_second(folder)
            for name, server, clients in writers[turn % len(writers):] + writers[:turn % len(writers)]:
                found['writes'][f'{name} {clients}'].append(
                    stage.load(server, clients, 3, script='peers/puts.lua', arguments=(name, turn * 100)))
            found['syncs'].append((before + syncs_a_second(folder)) / 2)
            for kind, server in [('plain', daemon), ('tls', secure)][::-1 if turn % 2 else 1]:
                found[kind].append(stage.load(server, 32, KEPT_SECONDS))
            for kind in ('quiet', 'flooded')[::-1 if turn % 2 else 1]:
                if kind == 'quiet':
                    found[kind].append(stage.load(daemon, 32, 3))
                    continue
                read, written = flooded(daemon, writer)
                found[kind].append(read)
                found['flood'].append(written)
        return found
    finally:
        daemon.stop()
        etcd.stop()
        keystone.stop()


def main():
    binary, built, parts = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3:]
    for part in parts:
        with tempfile.TemporaryDirectory(dir=built) as folder:
            os.chmod(folder, 0o755)
            found = {'answers': answers, 'durable': durable}[part](binary, built, pathlib.Path(folder))
        if part == 'answers':
            found = with_earlier(found, built / 'answers.json')
        (built / f'{part}.json').write_text(json.dumps(found, indent=1))


if __name__ == '__main__':
    main()
