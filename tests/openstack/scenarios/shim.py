# SPDX-License-Identifier: Apache-2.0
"""The Horizon shim's two documented commands."""
import os
import subprocess

from . import rig

_SHIM = os.path.join(rig.HERE, '../../service/clients/horizon')
LIMIT = 120             # seconds


def _run(*command):
    done = subprocess.run(command, text=True, timeout=LIMIT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError('%s -> %d: %s' % (' '.join(command), done.returncode, done.stdout))


def install():
    """As documented for a cloud with Keystone: nothing is named, nothing is given."""
    _run(os.path.join(_SHIM, 'install'))


def uninstall():
    _run(os.path.join(_SHIM, 'uninstall'))
