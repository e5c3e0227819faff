# SPDX-License-Identifier: Apache-2.0
"""Debian's Horizon with a clock in it, for console_open: a WSGI file that stands in for wsgi.py.

Writes one line an opening to the log: milliseconds in the shim from Horizon's call to its answer, those of them in
which Horizon's own code asked Nova (the client it makes for that, too, which stock makes as well), and those in which
the service was asked. CONSOLE_POLICY is read again from a file before each opening, if there is one."""
import contextlib
import json
import os
import sys
import threading
import time

sys.path.insert(0, '/usr/share/openstack-dashboard')
os.environ['DJANGO_SETTINGS_MODULE'] = 'openstack_dashboard.settings'

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()

from console_policy_dashboard.shim import client  # noqa: E402
from openstack_dashboard.api import _nova  # noqa: E402
from openstack_dashboard.dashboards.project.instances import console  # noqa: E402

_OPENING = threading.local()
_SETTINGS = os.environ['CONSOLE_OPEN_SETTINGS']


def _counted(name, call):
    """The call; during an opening its time is added up, that of nested calls once."""
    def counted(*args, **kwargs):
        spent = getattr(_OPENING, 'spent', None)
        if spent is None or _OPENING.inside:
            return call(*args, **kwargs)
        _OPENING.inside, begin = True, time.perf_counter()
        try:
            return call(*args, **kwargs)
        finally:
            spent[name] += time.perf_counter() - begin
            _OPENING.inside = False
    return counted


def _opening(get_console):
    def timed(*args):
        with contextlib.suppress(FileNotFoundError), open(_SETTINGS) as file:
            settings.CONSOLE_POLICY = json.load(file)
        spent = {'nova': 0.0, 'service': 0.0}
        _OPENING.spent, _OPENING.inside, begin = spent, False, time.perf_counter()
        try:
            return get_console(*args)
        finally:
            whole = time.perf_counter() - begin
            _OPENING.spent = None
            print('opening: %.3f ms, of which nova %.3f, service %.3f' % (
                whole * 1000, spent['nova'] * 1000, spent['service'] * 1000), file=sys.stderr, flush=True)
    return timed


console.get_console = _opening(console.get_console)
for _type in ('VNC', 'SPICE', 'RDP', 'SERIAL'):      # the shim knows MKS by its function
    console.CONSOLES[_type] = _counted('nova', console.CONSOLES[_type])
_nova.novaclient = _counted('nova', _nova.novaclient)
client.PolicyClient.resolve = _counted('service', client.PolicyClient.resolve)
