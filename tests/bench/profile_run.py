# SPDX-License-Identifier: Apache-2.0
"""The real profile: what a very large cloud asks of one daemon, with the database gone in the middle.

Four phases on one timeline, the rates of each open-loop (requests leave at their scheduled times, and latency counts
from those):

quiet       RESOLUTIONS a second with the fingerprint of a random instance
profile     beside them REPORTS a second, each with something new, WRITES of policies and LISTS
outage      the same without the database. SQLite: another process holds all its locks. MariaDB: all nodes are killed
            (--galera), or --stop and --start are run
recovered   the same, with the database back

The figures go to FOLDER/profile-sqlite.json or profile-galera.json; report.py writes them into README.md. Exits with 1
if a resolution has failed.
"""

import argparse
import contextlib
import functools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import galera_store
import profile_database
import profile_figures
import profile_load
import profile_world as world
import stage

RESOLUTIONS, REPORTS, WRITES, LISTS = 300, 300, 1, 3  # a second
WARM_UP = 2
# The dashboards of a cloud reach the daemon through a proxy, whose address no limit may count.
SETTINGS = {'fair_use': {'exempt_addresses': ['127.0.0.1']}}
BATCH = 1000


def put_policies(daemon, instances):
    operations = world.operations(instances)
    for start in range(0, len(operations), BATCH):
        body = json.dumps({'operations': operations[start:start + BATCH]})
        status, text = daemon.ask('POST', '/v1/policies/batch', body,
                                  {**daemon.admin, 'Content-Type': 'application/json'})
        if status != 200:
            raise RuntimeError(f'the batch of policies: {status} {text[:300]!r}')


def seed(binary, data, database, instances):
    """The daemon creates the schema and stores the policies; observations and tokens follow while it is stopped."""
    database.prepare()
    daemon = stage.policyd(binary, data, settings={**SETTINGS, **database.settings})
    try:
        put_policies(daemon, instances)
    finally:
        daemon.stop()
    tokens = data / 'tokens.yaml'
    tokens.write_text(world.tokens_yaml(tokens.read_text('utf-8')), 'utf-8')
    database.insert(instances)


class Timeline:
    """When each phase began, and what had used the processors until then."""

    def __init__(self, daemon):
        self._daemon, self.generators = daemon, []
        self.marks = []

    def mark(self, phase):
        own = [stage.cpu_seconds_of(pid) for pid in (os.getpid(), *[process.pid for process in self.generators])]
        self.marks.append({'phase': phase, 'at': time.monotonic(), 'daemon': self._daemon.cpu_seconds(),
                           'generator': sum(own), 'machine': stage.cpu_seconds_of_machine()})


def run_phases(daemon, database, requests, seconds):
    """(the marks of the phases, [Sample])."""
    timeline = Timeline(daemon)

    def start(seed_of_load, *streams):
        timeline.generators.append(profile_load.LoadProcess(daemon.port, streams, seed_of_load))

    # Resolutions have a process of their own: reading a long list there would delay their clock.
    start(1, ('resolution', RESOLUTIONS, requests.resolution))
    time.sleep(WARM_UP)
    timeline.mark('quiet')
    time.sleep(seconds)
    start(2, ('report', REPORTS, requests.report), ('write', WRITES, requests.write), ('list', LISTS, requests.list))
    timeline.mark('profile')
    time.sleep(seconds)
    timeline.mark('outage')
    database.stop()
    time.sleep(seconds)
    database.start()
    timeline.mark('recovered')
    time.sleep(seconds)
    timeline.mark('end')
    samples = [sample for process in timeline.generators for sample in process.stop()]
    return timeline.marks, samples


@contextlib.contextmanager
def database_of(chosen, folder, data):
    if chosen.galera:
        with galera_store.GaleraStore(folder / 'galera') as store:
            yield profile_database.MariaDb(store.url, store.password_file, store.stop_nodes, store.start_nodes)
    elif chosen.store_url:
        stop, start = (functools.partial(subprocess.run, command, shell=True, check=True)
                       for command in (chosen.stop, chosen.start))
        yield profile_database.MariaDb(chosen.store_url, chosen.password_file, stop, start)
    else:
        yield profile_database.Sqlite(data)


def measure(binary, data, database, instances, seconds):
    data.mkdir(mode=0o700)
    seed(binary, data, database, instances)
    requests = world.Requests(instances, (data / 'admin.token').read_text('ascii').strip())
    daemon = stage.policyd(binary, data, settings={**SETTINGS, **database.settings})
    try:
        profile_database.wait_until_loaded(daemon, instances)
        marks, samples = run_phases(daemon, database, requests, seconds)
        memory = daemon.memory_mib()
    finally:
        daemon.stop()
    return {'store': database.title, 'instances': instances, 'seconds': seconds, 'peak_mib': memory,
            **profile_figures.summary(marks, samples)}


def options():
    parser = argparse.ArgumentParser(prog='tests/bench/profile', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seconds', type=int, default=60, help='of each phase')
    parser.add_argument('--instances', type=int, default=500_000)
    parser.add_argument('--galera', action='store_true', help='on the cluster of tests/galera; default: SQLite')
    parser.add_argument('--store-url', help='on an empty MariaDB database that runs')
    parser.add_argument('--password-file')
    parser.add_argument('--stop', metavar='COMMAND', help='stops MariaDB, all nodes')
    parser.add_argument('--start', metavar='COMMAND', help='starts MariaDB, and returns when it takes writes')
    parser.add_argument('daemon', type=pathlib.Path)
    parser.add_argument('--folder', type=pathlib.Path, default=pathlib.Path(__file__).parents[2] / 'build' / 'bench',
                        help='for the data and the figures; default: build/bench')
    chosen = parser.parse_args()
    chosen.folder = chosen.folder.resolve()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    if chosen.store_url and not (chosen.password_file and chosen.stop and chosen.start):
        parser.error('--store-url needs --password-file, --stop and --start')
    return chosen


def main():
    chosen = options()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)  # for the database's own user
        with database_of(chosen, folder, folder / 'daemon') as database:
            found = measure(chosen.daemon.resolve(), folder / 'daemon', database, chosen.instances, chosen.seconds)
            figures = chosen.folder / f'profile-{database.name}.json'
    figures.write_text(json.dumps(found, indent=1))
    failed = profile_figures.failed_resolutions(found) > 0
    print('\n'.join(profile_figures.lines_of(found)))
    print(f'{int(not failed)} passed, {int(failed)} failed')
    sys.exit(failed)


if __name__ == '__main__':
    main()
