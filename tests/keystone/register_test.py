# SPDX-License-Identifier: Apache-2.0
"""examples/keystone/register on the real Keystone: what register_checks looks at."""

import pathlib
import subprocess
import unittest

CHECKS = pathlib.Path(__file__).with_name('register_checks')
SECONDS = 300  # some thirty calls of the openstack command


class Register(unittest.TestCase):

    def test_its_checks_pass(self):
        ended = subprocess.run([str(CHECKS)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                               timeout=SECONDS, check=False)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assertRegex(ended.stdout, r'\n1[0-9] passed, 0 failed\n\Z')


if __name__ == '__main__':
    unittest.main()
