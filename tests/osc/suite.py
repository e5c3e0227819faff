# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of this folder and counts them. `run` prepares the ground."""

import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class Result(unittest.TextTestResult):

    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main():
    names = sys.argv[1:] or sorted(file.stem for file in HERE.glob('test_*.py'))
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    runner = unittest.TextTestRunner(resultclass=Result, verbosity=2)
    result = runner._makeResult()
    suite.run(result)
    result.printErrors()
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    print(f'{result.passed} passed, {failed} failed', flush=True)
    sys.exit(0 if result.passed and not failed else 1)


if __name__ == '__main__':
    main()
