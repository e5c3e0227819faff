#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a million observations cost: reports, resolutions with a fingerprint, lists, counts, size.

usage: tests/bench/availability.py [ROWS]     (default 1000000; $CONSOLE_POLICYD, by default the release build)

The rows are put into the daemon's database with SQL, while it runs; everything else is asked over HTTP, with a
Python client whose own cost is in every figure. Figures with few rows stand beside those with many.
"""

import http.client
import json
import os
import pathlib
import sqlite3
import statistics
import sys
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'api'))

import world  # noqa: E402

FEW = 1000
PROJECTS = 500
ROUNDS = 300
UPDATED = '2026-11-23T10:00:00Z'
MICROSECONDS = 1_000_000


def fill(path, rows, now):
    """So many instances, each with SPICE seen; spread over projects with twenty hosts each."""
    def all_rows():
        for number in range(rows):
            project = number % PROJECTS
            yield (f'project-{project:04d}', str(uuid.UUID(int=number)), 'SPICE',
                   'unavailable' if number % 3 else 'opened', f'{project:08x}{number // PROJECTS % 20:08x}' + 40 * '0',
                   1_790_000_000 * MICROSECONDS, now - number, 400, 41)
    database = sqlite3.connect(path)
    with database:
        database.executemany('INSERT INTO availability VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', all_rows())
        database.execute('DELETE FROM availability_count')
        database.execute("INSERT INTO availability_count SELECT '', count(*) FROM availability")
        database.execute('INSERT INTO availability_count '
                         'SELECT project_id, count(*) FROM availability GROUP BY project_id')
    database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    database.close()


class Client:
    """One kept-alive connection, as an administrator."""

    def __init__(self, daemon):
        self._connection = http.client.HTTPConnection(daemon.host, daemon.port, timeout=60)
        self._headers = {'X-Auth-Token': world.PERSONAS['admin'].token, 'Content-Type': 'application/json'}

    def ask(self, path, method='GET', body=None):
        """(milliseconds, the answer's body)."""
        began = time.perf_counter()
        self._connection.request(method, path, body, self._headers)
        response = self._connection.getresponse()
        text = response.read()
        if response.status >= 300:
            raise RuntimeError(f'{method} {path}: {response.status} {text[:300]}')
        return (time.perf_counter() - began) * 1000, text

    def walk(self, path):
        """Milliseconds of each page from the first to the last."""
        times = []
        while path:
            took, text = self.ask(path)
            times.append(took)
            links = json.loads(text)['links']
            path = links[0]['href'] if links else None
        return times


def report(outcome):
    return json.dumps({'report': {'instance_updated': UPDATED, 'host_id': 'ab', 'outcomes': [
        {'type': 'SPICE', 'outcome': outcome}]}})


def measure(rows):
    """{figure: milliseconds} with so many observations stored."""
    with world.Daemon('availability: {max_rows: 5000000, reports_per_minute: 6000}\n') as daemon:
        path = daemon.data / 'policy.db'
        fill(path, rows, int(time.time() * MICROSECONDS))
        client = Client(daemon)
        at = '/v1/projects/project-0001/instances/{}'

        def median(path, method='GET', body=None):
            return statistics.median(client.ask(path(n), method, body and body(n))[0] for n in range(ROUNDS))

        def known(number):
            return at.format(uuid.UUID(int=number * PROJECTS + 1))

        found = {
            'a resolution without a fingerprint': median(lambda n: known(n) + '/consoles'),
            'a resolution with one': median(
                lambda n: known(n) + f'/consoles?instance_updated={UPDATED}&host_id=ab'),
            'a report with something new': median(
                lambda n: at.format(uuid.UUID(int=(1 << 100) + n)) + '/outcomes', 'POST',
                lambda n: report('unavailable')),
            'the same report again': median(
                lambda n: at.format(uuid.UUID(int=(1 << 100) + n)) + '/outcomes', 'POST',
                lambda n: report('unavailable')),
        }
        pages = client.walk('/v1/availability?type=SPICE&status=unavailable')
        found['who waits for SPICE, a page of 1,000: median'] = statistics.median(pages)
        found['who waits for SPICE, the slowest page'] = max(pages)
        counts = client.walk('/v1/availability/summary')
        found['counts, a page of 1,000: median'] = statistics.median(counts)
        found['counts, the slowest page'] = max(counts)
        found['counts, all pages'] = sum(counts)
        size = os.path.getsize(path) / 2**20
        daemon.end()
        return found, size


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    few, few_size = measure(FEW)
    many, many_size = measure(rows)
    print(f'| figure, ms | {FEW:,} observations | {rows:,} | ratio |\n|---|---|---|---|')
    for figure, value in many.items():
        print(f'| {figure} | {few[figure]:.2f} | {value:.2f} | {value / few[figure]:.2f} |')
    print(f'| database, MiB (not ms) | {few_size:.1f} | {many_size:.1f} | |')


if __name__ == '__main__':
    main()
