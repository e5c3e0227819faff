# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of this folder and counts them, several files at a time. `run` prepares the ground.

Nearly all of their time is the shell's own processor time, and each class of tests has a daemon of its own. So the
files are dealt out to a process for each core, and the output of each is printed when it ends.
"""

import concurrent.futures
import io
import itertools
import multiprocessing
import os
import pathlib
import sys
import unittest

import shell  # noqa: F401  its imports are slow: once, before the processes are forked

HERE = pathlib.Path(__file__).resolve().parent


class Result(unittest.TextTestResult):

    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def run(names, stream):
    """(passed, failed) of the tests of these names."""
    runner = unittest.TextTestRunner(stream=stream, resultclass=Result, verbosity=2)
    result = runner._makeResult()
    unittest.defaultTestLoader.loadTestsFromNames(names).run(result)
    result.printErrors()
    return result.passed, len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)


def run_apart(names):
    said = io.StringIO()
    return *run(names, said), said.getvalue()


def main():
    names = sys.argv[1:] or sorted(file.stem for file in HERE.glob('test_*.py'))
    files = [list(of_one) for _, of_one in itertools.groupby(sorted(names), lambda name: name.partition('.')[0])]
    passed = failed = 0
    if len(files) == 1:
        passed, failed = run(files[0], sys.stderr)
    else:
        # A process that dies ends the run: BrokenProcessPool.
        with concurrent.futures.ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context('fork')) as processes:
            for one_passed, one_failed, said in processes.map(run_apart, files):
                print(said, end='', file=sys.stderr, flush=True)
                passed, failed = passed + one_passed, failed + one_failed
    print(f'{passed} passed, {failed} failed', flush=True)
    sys.exit(0 if passed and not failed else 1)


if __name__ == '__main__':
    main()
