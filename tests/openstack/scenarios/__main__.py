# SPDX-License-Identifier: Apache-2.0
"""Run the scenarios against one console-policyd, for tests/openstack/run: python3 -m scenarios DAEMON [CLASS...]."""
import os
import sys
import time
import unittest

from . import availability, obstacles, openstack_command, order, outage, people, removal, rig, under_apache
from .scenario import Scenario, sentence
from .site import Site


class Lines(unittest.TestResult):
    """One line a test, with what went wrong under it."""

    def __init__(self):
        super().__init__()
        self.passed = self.failed = 0

    def startTest(self, test):
        super().startTest(test)
        self._start = time.monotonic()
        self._troubles = []

    def addError(self, test, error):
        if isinstance(test, unittest.TestCase):
            self._troubles.append(self._exc_info_to_string(error, test))
        else:       # a class could not be set up: none of its tests ran
            self.failed += 1
            self._line('FAIL', 0, test, '')
            print('      ' + self._exc_info_to_string(error, Scenario()).rstrip().replace('\n', '\n      '))

    addFailure = addError

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self._troubles.append('%s\n%s' % (subtest._subDescription(), self._exc_info_to_string(error, test)))

    def stopTest(self, test):
        super().stopTest(test)
        self.failed, self.passed = self.failed + bool(self._troubles), self.passed + (not self._troubles)
        self._line('FAIL' if self._troubles else 'ok', time.monotonic() - self._start, sentence(test), test.note)
        for trouble in self._troubles:
            print('      ' + trouble.rstrip().replace('\n', '\n      '))

    def _line(self, word, seconds, what, note):
        print('%-4s %5.1f s  %s%s' % (word, seconds, what, ' (%s)' % note if note else ''), flush=True)


def main():
    result = Lines()
    openstack_command.forget_metadata()
    with Site(sys.argv[1]) as site:
        if sys.argv[2:3] == ['--measure']:      # tests/bench/console_open
            sys.path.insert(0, os.path.join(rig.HERE, '../bench'))
            import console_open
            console_open.measure(site, sys.argv[3:])
            return 0
        Scenario.site = site
        cases = [case for room in (order, people, availability, obstacles, outage, under_apache, removal)
                 for case in room.CASES
                 if not sys.argv[2:] or case.__name__ in sys.argv[2:]]
        unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in cases).run(result)
    print('%d passed, %d failed' % (result.passed, result.failed))
    return 1 if result.failed or not result.passed else 0


sys.exit(main())
