# SPDX-License-Identifier: Apache-2.0
"""The rig with the service beside it and the shim in Horizon: what every scenario starts from."""
import hashlib
import os
import stat
import time

from . import browser, daemon, dashboard, nova, rig, shim

# Everything that Debian's Horizon is made of, with its settings and static files.
_HORIZON = ('/etc/openstack-dashboard', '/usr/share/openstack-dashboard', '/var/lib/openstack-dashboard') + tuple(
    '/usr/lib/python3/dist-packages/' + package for package in ('openstack_dashboard', 'openstack_auth', 'horizon'))
# Where a plugin leaves files of its own: the names of what lies directly in there.
_NEIGHBOURS = ('/etc', '/var/lib', '/usr/lib/python3/dist-packages', '/usr/local/lib/python3.11/dist-packages')


def _content(path, status):
    if stat.S_ISLNK(status.st_mode):
        return os.readlink(path)
    if not stat.S_ISREG(status.st_mode):
        return ''
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()


def listing():
    """Path -> mode, owner and content of Horizon's files; the names of their neighbours."""
    found = {}
    for root in _HORIZON:
        for folder, folders, files in os.walk(root):
            for name in folders + files:
                path = os.path.join(folder, name)
                status = os.lstat(path)
                found[path] = (oct(status.st_mode), status.st_uid, status.st_gid, _content(path, status))
    for root in _NEIGHBOURS:
        found.update((os.path.join(root, name), None) for name in os.listdir(root))
    return found


def restart_horizon():
    rig.shell('stop horizon; start_horizon horizon $HORIZON_PORT')


class Site:
    def __init__(self, program):
        self.daemon = daemon.Daemon(program)
        self.policies = daemon.Policies(self.daemon)
        self.browser = None
        self._dashboards = {}
        self._novas = {}

    def __enter__(self):
        self.daemon.start()
        self.files_before = listing()
        shim.install()
        restart_horizon()
        self.browser = browser.Browser()
        return self

    def __exit__(self, *_):
        """The browser and the daemon end; run takes the shim out again."""
        if self.browser:
            self.browser.close()
        for session in self._dashboards.values():
            session.close()
        self.policies.close()
        self.daemon.stop()

    def remove_shim(self):
        shim.uninstall()
        restart_horizon()

    def dashboard(self, user, domain='Default'):
        """The session of a person, logged in at most once."""
        if (user, domain) not in self._dashboards:
            self._dashboards[user, domain] = dashboard.Dashboard(user, domain)
        return self._dashboards[user, domain]

    def nova_of(self, user, project='demo'):
        """Nova as this person sees it, with a token taken at most once."""
        if (user, project) not in self._novas:
            self._novas[user, project] = nova.Nova(user, project, rig.password(user))
        return self._novas[user, project]

    def console_info(self, server, **options):
        return self.dashboard(server['user'], server['domain']).console_info(server, **options)

    def console_tab(self, server, **options):
        return self.dashboard(server['user'], server['domain']).console_tab(server, **options)

    def seconds_until_opens(self, server, expected, limit):
        """Ask Horizon again and again which console it opens; seconds until it is the expected one."""
        start = time.monotonic()
        while True:
            opened = self.console_info(server).json().get('type')
            seconds = time.monotonic() - start
            if opened == expected:
                return seconds
            if seconds > limit:
                raise AssertionError('after %d s it still opens %s and not %s' % (seconds, opened, expected))
            time.sleep(0.5)
