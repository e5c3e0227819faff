# SPDX-License-Identifier: Apache-2.0
"""install and uninstall, in a root of their own with a copy of Horizon."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SHIM = os.path.join(os.path.dirname(os.path.dirname(HERE)),
                    'service', 'clients', 'horizon')
HORIZON = '/usr/lib/python3/dist-packages/openstack_dashboard'
PACKAGES = '/usr/lib/python3/dist-packages'
SETTINGS_D = '/etc/openstack-dashboard/local_settings.d'
NAME = '_1890_console_policy.py'

LOOK = '''
import json, django, openstack_dashboard
from django.conf import settings
django.setup()
from openstack_dashboard.dashboards.project.instances import console
print(json.dumps([openstack_dashboard.__file__,
                  getattr(settings, "CONSOLE_POLICY", None),
                  console.get_console.__module__]))
'''


class InstallCase(unittest.TestCase):

    dashboard = PACKAGES + '/openstack_dashboard'
    settings_d = SETTINGS_D

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.original = os.path.join(cls.folder.name, 'original')
        target = cls.original + cls.dashboard
        # Nothing of an installed shim, nothing of this machine's settings.
        shutil.copytree(HORIZON, target, symlinks=True,
                        ignore=shutil.ignore_patterns(
                            'static', 'locale', 'test', 'tests*',
                            'karma*', '*console_policy*'))
        local = target + '/local'
        for name in ('local_settings.d', 'local_settings.py'):
            if os.path.lexists(os.path.join(local, name)):
                os.remove(os.path.join(local, name))
        with open(local + '/local_settings.py', 'w') as handle:
            handle.write('SECRET_KEY = "of the test"\n')
        os.makedirs(cls.original + '/var/lib', exist_ok=True)
        os.makedirs(cls.original + cls.settings_d, exist_ok=True)

    def setUp(self):
        self.root = os.path.join(self.folder.name, 'root')
        self.addCleanup(shutil.rmtree, self.root, True)
        shutil.copytree(self.original, self.root, symlinks=True,
                        copy_function=os.link)
        link = self.root + self.dashboard + '/local/local_settings.d'
        if not os.path.exists(link):
            os.symlink(self.root + self.settings_d, link)

    def script(self, name, *args, fails=False):
        done = subprocess.run(
            [os.path.join(SHIM, name), '--root', self.root, *args],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            stdin=subprocess.DEVNULL)
        self.assertEqual(fails, done.returncode != 0, done.stdout)
        return done.stdout

    def horizon(self):
        """Starts Horizon's settings and applications; returns their output."""
        packages = os.path.dirname(self.root + self.dashboard)
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', LOOK],
            stdout=subprocess.PIPE, text=True, check=True, cwd='/', env={
                'PATH': os.environ['PATH'], 'PYTHONPATH': packages,
                'DJANGO_SETTINGS_MODULE': 'openstack_dashboard.settings'})
        path, values, module = json.loads(done.stdout.splitlines()[-1])
        self.assertTrue(path.startswith(self.root), path)
        return values, module

    def tree(self):
        found = {}
        for folder, folders, files in os.walk(self.root):
            for name in folders + files:
                path = os.path.join(folder, name)
                info = os.lstat(path)
                if os.path.islink(path):
                    what = os.readlink(path)
                elif os.path.isdir(path):
                    what = 'folder'
                else:
                    with open(path, 'rb') as handle:
                        what = hashlib.sha256(handle.read()).hexdigest()
                found[path[len(self.root):]] = (info.st_mode, what)
        return found

    def settings_text(self):
        with open(os.path.join(self.root + self.settings_d, NAME)) as handle:
            return handle.read()


class DebianTests(InstallCase):

    def test_installed_used_removed_leaves_horizon_as_it_was(self):
        self.assertEqual(
            (None, 'openstack_dashboard.dashboards.project.instances'
                   '.console'), self.horizon())
        before = self.tree()
        said = self.script('install', '--endpoint', 'http://10.0.0.9:9797',
                           '--token-file', '/etc/x/token')
        self.assertIn('Still missing: /etc/x/token', said)
        self.assertIn('Restart the web server', said)
        values, module = self.horizon()
        self.assertEqual('http://10.0.0.9:9797', values['ENDPOINT'])
        self.assertEqual('/etc/x/token', values['TOKEN_FILE'])
        self.assertEqual('console_policy_dashboard.shim.console', module)
        added = set(self.tree()) - set(before)
        self.assertIn('/usr/lib/python3/dist-packages/openstack_dashboard/'
                      'local/enabled/__pycache__', added)
        self.assertIn('Removed.', self.script('uninstall'))
        self.assertEqual(before, self.tree())
        self.assertEqual(
            'openstack_dashboard.dashboards.project.instances.console',
            self.horizon()[1])

    def test_no_file_of_horizon_is_changed(self):
        before = self.tree()
        self.script('install')
        after = self.tree()
        self.assertEqual(before, {p: after.get(p) for p in before})

    def test_the_defaults_need_no_argument_and_no_secret(self):
        self.assertNotIn('missing', self.script('install'))
        values = self.horizon()[0]
        self.assertIsNone(values['ENDPOINT'])
        self.assertIsNone(values['TOKEN_FILE'])

    def test_an_address_in_brackets_and_a_ca_file_are_taken(self):
        self.script('install', '--endpoint', 'https://[fd00::1]:9797',
                    '--ca-file', '/etc/ssl/ca.pem')
        values = self.horizon()[0]
        self.assertEqual('https://[fd00::1]:9797', values['ENDPOINT'])
        self.assertEqual('/etc/ssl/ca.pem', values['CA_FILE'])

    def test_installing_again_keeps_the_settings(self):
        before = self.tree()
        self.script('install', '--endpoint', 'http://10.0.0.9:9797')
        path = os.path.join(self.root + self.settings_d, NAME)
        with open(path, 'a') as handle:
            handle.write("CONSOLE_POLICY['TIMEOUT'] = 0.3\n\n")
        mine = self.settings_text()
        self.script('install')
        self.assertEqual(mine, self.settings_text())
        self.script('install', '--endpoint', 'http://10.0.0.8:9797')
        self.assertIn('10.0.0.8', self.settings_text())
        self.script('uninstall')
        self.assertEqual(before, self.tree())

    def test_removing_twice_is_harmless(self):
        self.script('install')
        self.script('uninstall')
        before = self.tree()
        self.assertIn('Nothing to remove', self.script('uninstall'))
        self.assertEqual(before, self.tree())

    def test_files_of_another_package_are_neither_taken_nor_removed(self):
        path = os.path.join(self.root + self.settings_d, NAME)
        with open(path, 'w') as handle:
            handle.write('# mine\n')
        before = self.tree()
        self.assertIn('was not put there by this script',
                      self.script('install', fails=True))
        self.assertEqual(before, self.tree())

    def test_a_file_that_was_added_to_the_package_is_left(self):
        self.script('install')
        extra = self.root + PACKAGES + '/console_policy_dashboard/mine.txt'
        with open(extra, 'w') as handle:
            handle.write('mine')
        self.assertIn('Left, not empty', self.script('uninstall'))
        self.assertTrue(os.path.exists(extra))

    def test_what_would_end_the_python_text_is_refused(self):
        before = self.tree()
        for endpoint in ("http://x',}\nimport os", 'http://x"', 'http://x\\',
                         'http://x|', 'ftp://x', 'x'):
            self.script('install', '--endpoint', endpoint, fails=True)
        self.script('install', '--token-file', 'relative', fails=True)
        self.script('install', '--nonsense', 'x', fails=True)
        self.script('install', '--endpoint', fails=True)
        self.assertEqual(before, self.tree())

    def test_a_machine_without_horizon_is_logged(self):
        self.assertIn('no Horizon in', self.script(
            'install', '--dashboard-path', '/opt/none', fails=True))


class OtherLayoutTests(InstallCase):
    """Horizon from source: all in one folder, settings beside the code."""

    dashboard = '/opt/horizon/openstack_dashboard'
    settings_d = '/opt/horizon/openstack_dashboard/local/local_settings.d'

    def test_installed_used_removed_leaves_horizon_as_it_was(self):
        self.horizon()
        before = self.tree()
        self.script('install', '--dashboard-path', self.dashboard,
                    '--endpoint', 'http://10.0.0.9:9797')
        values, module = self.horizon()
        self.assertEqual('http://10.0.0.9:9797', values['ENDPOINT'])
        self.assertEqual('console_policy_dashboard.shim.console', module)
        self.script('uninstall')
        self.assertEqual(before, self.tree())


class UbuntuTests(InstallCase):
    """Horizon in a folder of its own, its settings in /etc."""

    dashboard = '/usr/share/openstack-dashboard/openstack_dashboard'

    def test_horizon_is_found(self):
        self.horizon()
        before = self.tree()
        self.script('install', '--endpoint', 'http://10.0.0.9:9797')
        values, module = self.horizon()
        self.assertEqual('http://10.0.0.9:9797', values['ENDPOINT'])
        self.assertEqual('console_policy_dashboard.shim.console', module)
        self.script('uninstall')
        self.assertEqual(before, self.tree())


class VirtualenvTests(InstallCase):
    """Horizon in a virtualenv, as in kolla's image."""

    site = '/var/lib/kolla/venv/lib/python%d.%d/site-packages' % (
        sys.version_info[:2])
    dashboard = site + '/openstack_dashboard'
    settings_d = dashboard + '/local/local_settings.d'

    def test_horizon_is_found_by_its_python(self):
        venv = self.root + '/var/lib/kolla/venv'
        subprocess.run([sys.executable, '-m', 'venv', '--without-pip',
                        '--system-site-packages', venv], check=True)
        self.horizon()
        before = self.tree()
        self.script('install', '--python', venv + '/bin/python',
                    '--endpoint', 'http://10.0.0.9:9797')
        values, module = self.horizon()
        self.assertEqual('http://10.0.0.9:9797', values['ENDPOINT'])
        self.assertEqual('console_policy_dashboard.shim.console', module)
        self.script('uninstall')
        self.assertEqual(before, self.tree())

    def test_a_python_without_horizon_is_refused(self):
        self.assertIn('does not run', self.script(
            'install', '--python', '/usr/bin/no-such-python', fails=True))
