#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A resolution beside the answers of console-policyd's peers, on this machine, in turns.

usage: tests/bench/peers.py CONSOLE-POLICYD FOLDER

FOLDER has the built peers (bare_beast, bare_cpprest), and gets answers.json. The resolution is for a user of a fake
Keystone, with a policy at each of five scopes. Every server is loaded at 1, 8, 32 and 128 kept connections
(CONNECTIONS="32" for fewer; the figures of the others stay), in turns within each round, and each round begins with
another server. Seven minutes.
"""

import json
import os
import pathlib
import sys
import tempfile

import stage

ROUNDS, ROUNDS_OF_32 = 5, 12  # a p99 swings with other work on the machine
CONNECTIONS = [int(count) for count in os.environ.get('CONNECTIONS', '1 8 32 128').split()]


def figures_of(servers, rounds, seconds):
    """{name: {connections: [figures of a round]}}; each round begins with another server."""
    found = {server.name: {str(c): [] for c in seconds} for server, _ in servers}
    for turn in range(max(rounds.values())):
        in_turn = servers[turn % len(servers):] + servers[:turn % len(servers)]
        for connections, time_each in seconds.items():
            if turn >= rounds[connections]:
                continue
            for server, more in in_turn:
                found[server.name][str(connections)].append(stage.load(server, connections, time_each, **more))
    return found


def request_the_same(servers, daemon):
    """Every server gets the same token, and the same path unless it has one of its own; and a second of warm-up."""
    for server, more in servers:
        server.headers = daemon.headers
        if server.path == '/':
            server.path = daemon.path
        stage.load(server, 32, 1, **more)


def answers(binary, built, folder):
    cores = os.cpu_count()
    keystone = stage.FakeKeystone()
    started = []

    def start(server):
        if server is not None:
            started.append(server)
        return server

    try:
        daemon = start(stage.policyd(binary, folder / 'daemon', keystone, tls=True))
        stage.store_some(daemon)
        status, text = daemon.ask()
        if status != 200 or b'"consoles":["VNC"' not in text:
            raise RuntimeError(f'{status} {text!r}')
        port, one, rest = stage.free_port(), stage.free_port(), stage.free_port()
        servers = [(daemon, {}), (stage.ByTls(daemon), {}),
                   (start(stage.Server('bare Beast', [built / 'bare_beast', port, cores], port)), {}),
                   (start(stage.Server('bare Beast, one thread', [built / 'bare_beast', one, 1], one)), {}),
                   (start(stage.nginx(folder / 'nginx')), {}),
                   (start(stage.etcd(folder / 'etcd')), {}),
                   (start(stage.Server('bare cpprestsdk', [built / 'bare_cpprest', rest, cores], rest)), {}),
                   (start(stage.wsgi()), {})]
        cerbos = start(stage.cerbos(folder / 'cerbos'))
        if cerbos is None:
            print('cerbos: npm cannot install it, left out', file=sys.stderr)
        else:
            servers.append((cerbos, {'script': 'peers/cerbos.lua'}))
        request_the_same(servers, daemon)
        seconds = {c: 2 if c == 32 else 1 for c in CONNECTIONS}
        found = figures_of(servers, {c: ROUNDS_OF_32 if c == 32 else ROUNDS for c in CONNECTIONS}, seconds)
        memory = {server.name: server.memory_mib() for server in started}
        sizes = {server.name: server.bytes_of_an_answer() for server in started if server is not cerbos}
        return {'figures': found, 'memory': memory, 'bytes': sizes}
    finally:
        for server in started:
            server.stop()
        keystone.stop()


def with_earlier(found, path):
    """The figures of this run, and those of an earlier one for other numbers of connections."""
    if path.exists():
        for name, by_connections in json.loads(path.read_text())['figures'].items():
            if name in found['figures']:
                found['figures'][name] = {**by_connections, **found['figures'][name]}
    for name, by_connections in found['figures'].items():
        found['figures'][name] = dict(sorted(by_connections.items(), key=lambda item: int(item[0])))
    return found


def main():
    binary, built = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    path = built / 'answers.json'
    with tempfile.TemporaryDirectory(dir=built) as folder:
        os.chmod(folder, 0o755)
        found = answers(binary, built, pathlib.Path(folder))
    path.write_text(json.dumps(with_earlier(found, path), indent=1))


if __name__ == '__main__':
    main()
