#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Durable policy writes of 1 and 32 clients: on SQLite, or on the Galera cluster of tests/galera.

usage: tests/bench/writes.py CONSOLE-POLICYD FOLDER sqlite|galera

Writes FOLDER/writes-sqlite.json or writes-galera.json, with the rate at which the disk itself takes syncs.
"""

import json
import os
import pathlib
import sys
import tempfile
import time

import galera_store
import stage

ROUNDS, SECONDS, CLIENTS = 7, 3, (1, 32)


def syncs_a_second(folder):
    """How often the disk syncs 4 KiB, one after another."""
    descriptor = os.open(folder / 'sync', os.O_CREAT | os.O_WRONLY)
    try:
        count, began = 0, time.monotonic()
        while time.monotonic() - began < 1:
            os.pwrite(descriptor, b'x' * 4096, count % 256 * 4096)
            os.fdatasync(descriptor)
            count += 1
        return count / (time.monotonic() - began)
    finally:
        os.close(descriptor)


def measure(binary, folder, settings):
    daemon = stage.policyd(binary, folder / 'daemon', settings=settings)
    try:
        found = {'syncs': [], 'writes': {str(clients): [] for clients in CLIENTS}}
        stage.load(daemon, 32, 1, script='peers/puts.lua', arguments=(0,))  # creates the policies
        for turn in range(ROUNDS):
            for clients in CLIENTS[::-1 if turn % 2 else 1]:
                found['writes'][str(clients)].append(
                    stage.load(daemon, clients, SECONDS, script='peers/puts.lua', arguments=(turn * 100,)))
            found['syncs'].append(syncs_a_second(folder))
        return found
    finally:
        daemon.stop()


def main():
    binary, built, store = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
    with tempfile.TemporaryDirectory(dir=built) as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)  # for the database's own user
        if store == 'galera':
            with galera_store.GaleraStore(folder / 'galera') as cluster:
                found = measure(binary, folder, cluster.settings)
        else:
            found = measure(binary, folder, {})
    (built / f'writes-{store}.json').write_text(json.dumps(found, indent=1))


if __name__ == '__main__':
    main()
