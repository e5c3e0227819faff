#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Lists and counts of a million observations of consoles beside those of a thousand, on SQLite.

usage: tests/bench/availability.py CONSOLE-POLICYD FOLDER

Writes FOLDER/availability.json. Resolutions and reports with many observations are in the real profile.
"""

import http.client
import json
import pathlib
import statistics
import sys
import tempfile
import time

import profile_database
import stage

INSTANCES = (750, 750_000)  # 4 observations of 3 instances
LISTS = {'the unavailable SPICE consoles': '/v1/availability?type=SPICE&status=unavailable',
         'the counts by host': '/v1/availability/summary'}


def page_times(daemon, path):
    """Milliseconds of each page of 1,000 rows, on one kept connection, from the first to the last."""
    connection = http.client.HTTPConnection('127.0.0.1', daemon.port, timeout=60)
    times = []
    while path:
        began = time.perf_counter()
        connection.request('GET', path, headers=daemon.admin)
        answer = connection.getresponse()
        text = answer.read()
        times.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise RuntimeError(f'{path}: {answer.status} {text[:300]!r}')
        links = json.loads(text)['links']
        path = links[0]['href'] if links else None
    connection.close()
    return times


def measure(binary, data, instances):
    data.mkdir(mode=0o700)
    stage.policyd(binary, data).stop()
    profile_database.Sqlite(data).insert(instances)
    daemon = stage.policyd(binary, data)
    try:
        profile_database.wait_until_loaded(daemon, instances)
        found = {'observations': sum(1 for _ in profile_database.observations(instances)),
                 'bytes': (data / 'policy.db').stat().st_size, 'lists': {}}
        for name, path in LISTS.items():
            pages = page_times(daemon, path)
            found['lists'][name] = {'pages': len(pages), 'median': statistics.median(pages), 'worst': max(pages)}
        found['memory'] = daemon.memory_mib()
        return found
    finally:
        daemon.stop()


def main():
    binary, built = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory(dir=built) as folder:
        found = [measure(binary, pathlib.Path(folder) / str(instances), instances) for instances in INSTANCES]
    (built / 'availability.json').write_text(json.dumps(found, indent=1))


if __name__ == '__main__':
    main()
