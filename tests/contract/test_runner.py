# SPDX-License-Identifier: Apache-2.0
"""tests/run prints FAILED for a tier that fails: a copy runs in an empty folder, with one tier's commands replaced."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

RUNNER = pathlib.Path(__file__).resolve().parents[1] / 'run'


class TheRunner(unittest.TestCase):
    def run_tier(self, commands):
        """The exit status of a `contract` tier that is these commands, and its line of the summary."""
        top = pathlib.Path(tempfile.mkdtemp(prefix='console-policy-runner.'))
        self.addCleanup(shutil.rmtree, top)
        (top / 'tests').mkdir()
        script, replaced = re.subn(r'(?<=^tier_contract\(\) \{\n).*?(?=^\})', commands, RUNNER.read_text(),
                                   flags=re.MULTILINE | re.DOTALL)
        self.assertEqual(replaced, 1)
        # What shows and keeps the output is behind, as on a machine with much to do.
        script = script.replace('set -euo pipefail\n', 'set -euo pipefail\ntee() { sleep 0.5; command tee "$@"; }\n', 1)
        copy = top / 'tests' / 'run'
        copy.write_text(script)
        ended = subprocess.run(['bash', copy, 'contract'], capture_output=True, text=True, timeout=60, check=False)
        line, = re.findall(r'^contract .*$', ended.stdout, flags=re.MULTILINE)
        return ended.returncode, ' '.join(line.split()[1:6])

    def test_passes_what_passes(self):
        self.assertEqual(self.run_tier('echo "2 passed, 0 failed"\n'), (0, 'ok 2 passed 0 failed'))

    def test_fails_a_tier_one_of_whose_tests_fails(self):
        self.assertEqual(self.run_tier('echo "2 passed, 1 failed"\nfalse\n'), (1, 'FAILED 2 passed 1 failed'))

    def test_fails_a_tier_that_breaks_off_and_runs_no_more_of_it(self):
        self.assertEqual(self.run_tier('echo "2 passed, 0 failed"\nfalse\necho "3 passed, 0 failed"\n'),
                         (1, 'FAILED 2 passed 1 failed'))

    def test_fails_a_tier_that_runs_nothing(self):
        self.assertEqual(self.run_tier('echo done\n')[0], 1)


if __name__ == '__main__':
    unittest.main()
