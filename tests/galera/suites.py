# SPDX-License-Identifier: Apache-2.0
"""Brings the cluster up and runs the suites; `run` calls it.

usage: suites.py FOLDER [SUITE…]     the daemon is $CONSOLE_POLICYD
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

from daemons import USER
from stage import TESTS_USER, Scenario, Stage, long

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCENARIOS = ['first_start', 'propagation', 'observations', 'concurrent_writers', 'daemon_failures', 'older_state',
             'versions', 'database_copy', 'database_tls', 'outage', 'node_failures']
# API tests that do not reach the store; here they run with --long only.
NOT_ABOUT_THE_STORE = {'access', 'access_walk_test', 'api-version', 'bad-input', 'discovery_test', 'every_status_test',
                       'examples_test', 'methods', 'proxy_test', 'raw_bodies_test', 'reload_test', 'versions-health'}


class PassesCounted(unittest.TextTestResult):
    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def run_scenarios(names):
    """Prints what passed; whether all did."""
    passed = failed = 0
    times = []
    for name in names:
        began = time.monotonic()
        tests = unittest.defaultTestLoader.loadTestsFromName(name)
        result = unittest.TextTestRunner(sys.stdout, resultclass=PassesCounted, verbosity=2).run(tests)
        # A suite that ran nothing has failed.
        broken = len(result.failures) + len(result.errors) or int(not result.passed)
        passed, failed = passed + result.passed, failed + broken
        times.append(f'  {name}: {result.passed} passed, {broken} failed, {time.monotonic() - began:.0f} s')
    print('\n'.join(times))
    print(f'{passed} passed, {failed} failed', flush=True)
    return not failed


def run_unit_tests(environment):
    """The store's own, but for those of SQLite's file: whether all passed, and what they print."""
    program = pathlib.Path(os.environ['CONSOLE_POLICYD']).parents[1] / 'tests' / 'unit' / 'store' / 'unit_store'
    if not program.exists():
        return False, f'no program {program}: build it first\n0 passed, 1 failed'
    good, text = run_program([program, '~[sqlite]'], environment)
    # Catch prints one of these at the end.
    every = re.search(r'^All tests passed \(\d+ assertions in (\d+) test cases?\)', text, re.MULTILINE)
    some = re.search(r'^test cases: +(\d+) \|(?: +(\d+) passed \|)? +(\d+) failed', text, re.MULTILINE)
    passed, failed = (int(every[1]), 0) if every else (int(some[2] or 0), int(some[3])) if some else (0, 1)
    return good, f'{text}\n{passed} passed, {failed} failed'


def run_api_tests(environment):
    """The same of the API tests, which count themselves."""
    api = ROOT / 'tests' / 'api'
    files = {file.stem for file in [*api.glob('*.yaml'), *api.glob('*_test.py')]}
    assert NOT_ABOUT_THE_STORE < files, NOT_ABOUT_THE_STORE - files
    return run_program([api / 'run', *sorted(files if long() else files - NOT_ABOUT_THE_STORE)], environment)


def run_program(command, environment):
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode == 0, done.stdout


# Tests of other folders, on this cluster.
OTHERS = {'unit': run_unit_tests, 'api': run_api_tests}


def run_others(names, stage):
    """All at once, since they wait for the database most of the time; whether all passed."""
    url = stage.url(stage.cluster.nodes[0].port, database='', user=TESTS_USER)
    environment = {**os.environ, 'CONSOLE_POLICY_TEST_MYSQL': url,
                   'CONSOLE_POLICY_TEST_MYSQL_PASSWORD_FILE': str(stage.credentials.password_file)}
    with concurrent.futures.ThreadPoolExecutor(len(OTHERS)) as threads:
        results = list(threads.map(lambda name: OTHERS[name](environment), names))
    for name, (_, text) in zip(names, results):
        print(f'{name}\n{text}', flush=True)
    return all(good for good, _ in results)


def main():
    folder, names = pathlib.Path(sys.argv[1]), sys.argv[2:] or [*SCENARIOS, *OTHERS]
    unknown = set(names) - {*SCENARIOS, *OTHERS}
    if unknown:
        sys.exit(f'no such suites: {" ".join(sorted(unknown))}; known: {" ".join([*SCENARIOS, *OTHERS])}')
    scenarios = [name for name in names if name in SCENARIOS]
    began = time.monotonic()
    with Stage(folder) as stage:
        print(f'the cluster and {len(stage.daemons)} daemons of {USER} are up after {time.monotonic() - began:.1f} s',
              flush=True)
        Scenario.stage = stage
        good = not scenarios or run_scenarios(scenarios)
        if set(names) & OTHERS.keys():
            stage.heal()
            good = run_others([name for name in names if name in OTHERS], stage) and good
    sys.exit(0 if good else 1)


if __name__ == '__main__':
    main()
