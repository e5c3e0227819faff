# SPDX-License-Identifier: Apache-2.0
"""The usual tools accept schema/openapi.yaml without an error and without a warning."""

import json
import pathlib
import subprocess
import tempfile
import unittest

from npm_tools import tool
from promise import OPENAPI

SECONDS = 120


def run(name, *arguments):
    return subprocess.run([tool(name), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=SECONDS, check=False)


class Tools(unittest.TestCase):
    maxDiff = None

    def test_redocly_lints_it_by_its_recommended_rules(self):
        done = run('redocly', 'lint', '--extends=recommended', '--format=json', '--max-problems=1000', str(OPENAPI))
        totals = json.loads(done.stdout[done.stdout.index('{'):done.stdout.rindex('}') + 1])['totals']
        self.assertEqual((totals['errors'], totals['warnings']), (0, 0), done.stdout + done.stderr)

    def test_spectral_lints_it_by_spectral_oas(self):
        with tempfile.TemporaryDirectory() as folder:
            rules = pathlib.Path(folder, '.spectral.yaml')
            rules.write_text('extends: ["spectral:oas"]\n', encoding='ascii')
            done = run('spectral', 'lint', '--ruleset', str(rules), '--fail-severity', 'hint', '--format', 'json',
                       '--quiet', str(OPENAPI))
        self.assertEqual((done.returncode, json.loads(done.stdout or '[]')), (0, []), done.stderr)

    def test_openapi_typescript_makes_types_that_compile(self):
        with tempfile.TemporaryDirectory() as folder:
            types = str(pathlib.Path(folder, 'api.ts'))
            made = run('openapi-typescript', str(OPENAPI), '--output', types)
            self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
            done = run('tsc', '--noEmit', '--strict', types)
        self.assertEqual((done.returncode, done.stdout), (0, ''), done.stderr)


if __name__ == '__main__':
    unittest.main()
