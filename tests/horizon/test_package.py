# SPDX-License-Identifier: Apache-2.0
"""The catalogs of messages, and the wheel."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

from babel.messages import pofile
from django.utils import translation

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(os.path.dirname(os.path.dirname(HERE)),
                      'service', 'clients', 'horizon')
PACKAGE = 'console_policy_dashboard'
LANGUAGES = ('de', 'ru')
PLACEHOLDER = re.compile(r'%(?:\(\w+\))?[sd]')


def catalog(folder, path):
    with open(os.path.join(folder, PACKAGE, 'locale', path), 'rb') as file:
        # A fuzzy translation is a guess, which is not compiled.
        return {message.id: '' if message.fuzzy else message.string
                for message in pofile.read_po(file) if message.id}


class CopyCase(unittest.TestCase):
    """A copy of the source, which a test may change."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.copy = os.path.join(folder.name, 'horizon')
        shutil.copytree(SOURCE, self.copy, ignore=shutil.ignore_patterns(
            '__pycache__', 'build', '*.egg-info'))

    def run_in_copy(self, *command):
        done = subprocess.run(
            command, cwd=self.copy, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(0, done.returncode, done.stdout)


class CatalogTests(CopyCase):

    def test_the_catalogs_have_the_messages_of_the_sources(self):
        self.run_in_copy('./make-messages')
        fresh = set(catalog(self.copy, 'django.pot'))
        self.assertGreater(len(fresh), 30)
        self.assertEqual(fresh, set(catalog(SOURCE, 'django.pot')))
        for language in LANGUAGES:
            self.assertEqual(fresh, set(catalog(
                SOURCE, language + '/LC_MESSAGES/django.po')), language)

    def test_every_message_is_translated_with_its_placeholders(self):
        for language in LANGUAGES:
            messages = catalog(SOURCE, language + '/LC_MESSAGES/django.po')
            for text, translated in messages.items():
                with self.subTest(language=language, text=text):
                    self.assertTrue(translated)
                    self.assertEqual(sorted(PLACEHOLDER.findall(text)),
                                     sorted(PLACEHOLDER.findall(translated)))


class WheelTests(CopyCase):

    def test_the_wheel_has_all_files_and_compiled_catalogs(self):
        self.run_in_copy(sys.executable, '-m', 'build', '--no-isolation',
                         '--wheel')
        dist = os.path.join(self.copy, 'dist')
        name, = os.listdir(dist)
        with zipfile.ZipFile(os.path.join(dist, name)) as wheel:
            packed = {path for path in wheel.namelist()
                      if path.startswith(PACKAGE + '/')}
            wheel.extractall(self.copy + '/unpacked')
        wanted = set()
        for folder, _, files in os.walk(os.path.join(SOURCE, PACKAGE)):
            if os.path.basename(folder) == '__pycache__':
                continue
            for file in files:
                wanted.add(os.path.relpath(os.path.join(folder, file),
                                           SOURCE))
        wanted |= {'%s/locale/%s/LC_MESSAGES/django.mo' % (PACKAGE, language)
                   for language in LANGUAGES}
        self.assertEqual(wanted, packed)
        self.assertEqual('Instanzkonsole', self.translated('Instance Console'))

    def translated(self, text):
        found = translation.trans_real.gettext_module.translation(
            'django', self.copy + '/unpacked/%s/locale' % PACKAGE, ['de'])
        return found.gettext(text)
