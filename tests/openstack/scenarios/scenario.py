# SPDX-License-Identifier: Apache-2.0
"""What the test cases share: the site, nothing stored at the start of each, and what `opens` means."""
import os
import re
import signal
import unittest

from . import rig

TEST_LIMIT = 150        # seconds
SHOTS = os.path.join(rig.STATE, 'scenarios/screenshots')


class Scenario(unittest.TestCase):
    site = None         # the runner sets it before the first test
    pictured = False
    note = ''           # figures that a test wants printed beside its name

    def run(self, result=None):
        signal.signal(signal.SIGALRM, self._too_long)
        signal.alarm(TEST_LIMIT)
        try:
            return super().run(result)
        finally:
            signal.alarm(0)

    def _too_long(self, *_):
        raise TimeoutError('%s took more than %d s' % (self.id(), TEST_LIMIT))

    def setUp(self):
        self.site.policies.clear()

    def server(self, name):
        return rig.SERVERS[name]

    def project(self, name):
        return 'projects/' + rig.SERVERS[name]['project_id']

    def instance(self, name):
        return '%s/instances/%s' % (self.project(name), rig.SERVERS[name]['id'])

    def open_tab(self, name):
        """The Console tab in the browser; a picture is kept of how the test leaves it."""
        if not self.pictured:
            self.pictured = True
            picture = os.path.join(SHOTS, sentence(self).replace(': ', '--').replace(' ', '-') + '.png')
            self.addCleanup(self.site.browser.screenshot, picture)
        return self.site.browser.console_tab(self.server(name))

    def assert_opens(self, name, expected):
        """The console is of this type in the browser's tab and through POST console-info."""
        with self.subTest(server=name, by='console tab'):
            self.assertEqual(self.open_tab(name)['type'], expected)
        with self.subTest(server=name, by='console-info'):
            answer = self.site.console_info(self.server(name))
            self.assertEqual((answer.status_code, answer.json().get('type')), (200, expected), answer.text)

    def assert_takes_keys(self, text):
        """What is typed into the viewer in the open tab comes out of the guest's COM1."""
        self.site.browser.screen()
        with rig.SerialTap() as com1:
            self.site.browser.type(' ' + text)      # a viewer that has just connected may lose the first key
            self.assertIn(text, com1.wait_for(text))

    def assert_denied(self, name, reason):
        """The tab and console-info show why there is no console, and Nova is not asked for one."""
        nova = rig.NovaLog()
        tab = self.open_tab(name)
        self.assertIsNone(tab['frame'])
        self.assertIn(reason, tab['text'])
        answer = self.site.console_info(self.server(name))
        self.assertEqual(answer.status_code, 403, answer.text)
        self.assertIn(reason, answer.text)
        self.assertEqual(nova.console_calls(self.server(name)), [])


def sentence(test):
    """`NothingStored.test_an_instance_opens_vnc` -> `nothing stored: an instance opens vnc`."""
    words = re.sub(r'(?<!^)(?=[A-Z])', ' ', type(test).__name__).lower()
    return '%s: %s' % (words, test._testMethodName[len('test_'):].replace('_', ' '))
