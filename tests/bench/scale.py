#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon with 10 to 1,000,000 policies of instances, and one of each of 10,000 projects.

usage: tests/bench/scale.py CONSOLE-POLICYD FOLDER fill|measure

fill      creates a database of each size in FOLDER: the daemon creates the schema, and SQL inserts the rows, each with
          its row in the change log, because the API would take an hour for a million of them.
measure   ROUNDS rounds. In each, the daemons of all sizes run at once and are asked in turns: seconds from the start to
          the first resolution by a stored policy, resolutions of random instances over 32 kept connections (TURNS times
          for a second each), resident memory, pages of a list by key from the first to the last, and durable writes of
          32 clients. Writes FOLDER/scale.json.
          SIZES="10 1000000" for fewer sizes, ROUNDS=2 for fewer rounds.
"""

import json
import os
import pathlib
import shutil
import sqlite3
import statistics
import sys
import time
import uuid

import stage

SIZES = [int(size) for size in os.environ.get('SIZES', '10 10000 100000 1000000').split()]
PROJECTS = 10_000
ROUNDS, TURNS = 10, 3
SETTINGS = {'store': {'max_policies': 2_000_000}}
# All of one length, so that every answer costs the same.
BODIES = ['{"prefer":["SERIAL","VNC"],"deny":["RDP"],"allow":[],"reason":"ticket %03d","expires_at":null}' % number
          for number in range(1000)]


POLICY = ('scope', 'owner_id', 'instance_id', 'body', 'revision', 'created_at', 'updated_at', 'updated_by')
CHANGE = ('revision', 'change_id', 'changed_at', 'action', 'scope', 'owner_id', 'instance_id', 'request_id', 'user_id',
          'before_body', 'after_body')


def instance(number):
    return f'{number % PROJECTS:032x}', f'00000000-0000-4000-8000-{number:012d}'


def rows(size):
    """(scope, owner, instance, body) in the order of the key, which SQLite inserts fastest."""
    for number in range(PROJECTS):
        yield 'project', f'{number:032x}', '', BODIES[number % len(BODIES)]
    for number in sorted(range(size), key=instance):
        yield 'instance', *instance(number), BODIES[number % len(BODIES)]


def insert(table, columns):
    return f'INSERT INTO {table} ({", ".join(columns)}) VALUES ({", ".join("?" * len(columns))})'


def fill(binary, folder, size):
    place = folder / f'size-{size}'
    if (place / 'done').exists():
        return
    shutil.rmtree(place, ignore_errors=True)
    stage.policyd(binary, place, settings=SETTINGS).stop()
    base = int(time.time()) * 1_000_000
    database = sqlite3.connect(place / 'policy.db', isolation_level=None)
    database.execute('PRAGMA cache_size=-500000')
    database.execute('PRAGMA synchronous=OFF')
    indexes = database.execute("SELECT name, sql FROM sqlite_master WHERE type='index' AND sql IS NOT NULL").fetchall()
    for name, _ in indexes:
        database.execute(f'DROP INDEX {name}')
    database.execute('BEGIN')
    count = 0
    for count, (scope, owner, item, body) in enumerate(rows(size), 1):
        database.execute(insert('policy', POLICY),
                         (scope, owner, item, body, count, base, base + count, 'admin'))
        database.execute(insert('change_log', CHANGE),
                         (count, str(uuid.UUID(int=count)), base + count, 'create', scope, owner, item,
                          'req-' + str(uuid.UUID(int=count)), 'admin', None, body))
    database.execute('UPDATE revision_counter SET revision = ?', (count,))
    database.execute('COMMIT')
    for _, sql in indexes:
        database.execute(sql)
    database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    database.close()
    (place / 'done').touch()


def wait_for_stored_policy(server, deadline=120):
    """Until a resolution obeys the stored policy, which prefers SERIAL."""
    end = time.monotonic() + deadline
    while True:
        status, text = server.ask()
        if status == 200 and b'"consoles":["SERIAL"' in text:
            return
        if time.monotonic() > end:
            raise RuntimeError(f'{server.name}: no stored policy counts after {deadline} s: {status} {text!r}')
        time.sleep(0.005)


def page_times(server):
    """Milliseconds of each page of a thousand, from the first to the last."""
    times, path = [], '/v1/policies?scope=instance&limit=1000'
    while path:
        began = time.monotonic()
        status, text = server.ask(path=path)
        times.append((time.monotonic() - began) * 1e3)
        if status != 200:
            raise RuntimeError(f'{status} {text[:200]!r}')
        links = json.loads(text)['links']
        path = links[0]['href'] if links else None
    return times


def forget_writes(path, size):
    """Restores the database for the next round; returns the bytes of the pages in use."""
    database = sqlite3.connect(path)
    database.execute('DELETE FROM policy WHERE owner_id = ?', (stage.PROJECT,))
    database.execute('DELETE FROM change_log WHERE revision > ?', (PROJECTS + size,))
    database.execute('UPDATE revision_counter SET revision = ?', (PROJECTS + size,))
    database.commit()
    database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    pages, unused, page_bytes = (database.execute(f'PRAGMA {name}').fetchone()[0]
                                 for name in ('page_count', 'freelist_count', 'page_size'))
    database.close()
    return (pages - unused) * page_bytes


def start(binary, folder, size):
    """The daemon on the database of that size, and the seconds that its start took."""
    began = time.monotonic()
    server = stage.policyd(binary, folder / f'size-{size}', settings=SETTINGS)
    owner, item = instance(size - 1)
    server.path = f'/v1/projects/{owner}/instances/{item}/consoles?domain_id=default'
    wait_for_stored_policy(server)
    return server, {'start': time.monotonic() - began}


def measure_round(binary, folder, turn):
    """{size: figures}. All daemons run at once and are asked in turns, in another order each round."""
    servers, found = {}, {}
    try:
        for size in SIZES:
            servers[size], found[size] = start(binary, folder, size)
        for server in servers.values():
            stage.load(server, 32, 1)  # warms up
        order = SIZES[turn % len(SIZES):] + SIZES[:turn % len(SIZES)]
        for size in SIZES:
            found[size]['resolutions'] = []
        for part in range(TURNS):
            for size in order[part:] + order[:part]:
                found[size]['resolutions'].append(stage.load(servers[size], 32, 1, script='peers/instances.lua',
                                                             arguments=(size, turn * TURNS + part)))
        for size in order:
            server = servers[size]
            found[size]['memory'] = server.memory_mib('VmRSS')
            pages = page_times(server)
            found[size]['pages'] = {'count': len(pages), 'first': pages[0], 'last': pages[-1],
                                    'median': statistics.median(pages), 'worst': max(pages)}
            found[size]['writes'] = stage.load(server, 32, 2, script='peers/puts.lua', arguments=(0,))
            found[size]['peak'] = server.memory_mib()
    finally:
        for server in servers.values():
            server.stop()
    for size in SIZES:
        found[size]['bytes'] = forget_writes(folder / f'size-{size}' / 'policy.db', size)
    return found


def main():
    binary, folder, part = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
    if part == 'fill':
        for size in SIZES:
            fill(binary, folder, size)
        return
    path = folder / 'scale.json'
    found = {str(size): [] for size in SIZES}
    for turn in range(int(os.environ.get('ROUNDS', ROUNDS))):
        for size, figures in measure_round(binary, folder, turn).items():
            found[str(size)].append(figures)
        path.write_text(json.dumps(found, indent=1))


if __name__ == '__main__':
    main()
