# SPDX-License-Identifier: Apache-2.0
"""`openstack` as a user types it, with the plugin of this project."""
import os
import shutil
import subprocess
from typing import NamedTuple

from . import rig

_PLUGIN = os.path.join(rig.HERE, '../../service/clients/openstackclient')
_METADATA = os.path.join(rig.STATE, 'scenarios/openstackclient')
LIMIT = 60              # seconds, for one command


class Outcome(NamedTuple):
    status: int
    output: str
    errors: str


def _metadata():
    """Entry points as an installation would have them, without installing."""
    if not os.path.isdir(_METADATA):
        os.makedirs(_METADATA + '.new', exist_ok=True)
        made = subprocess.run(
            ['/usr/bin/python3', '-c', 'import setuptools; setuptools.setup()', 'egg_info', '--egg-base',
             _METADATA + '.new'], cwd=_PLUGIN, timeout=LIMIT, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if made.returncode:
            raise RuntimeError('the plugin has no metadata: ' + made.stdout)
        os.rename(_METADATA + '.new', _METADATA)
    return _METADATA


def forget_metadata():
    """The plugin may have got other commands since the last run."""
    shutil.rmtree(_METADATA, ignore_errors=True)


def run(user, project, *arguments):
    """What `openstack ARGUMENTS` does for a user of the rig, in a project of the domain Default."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith('OS_')}
    environment.update(
        OS_AUTH_URL=rig.KEYSTONE, OS_IDENTITY_API_VERSION='3', OS_USERNAME=user, OS_PASSWORD=rig.USER_PASSWORD,
        OS_PROJECT_NAME=project, OS_USER_DOMAIN_NAME='Default', OS_PROJECT_DOMAIN_NAME='Default',
        PYTHONPATH='%s:%s' % (_metadata(), os.path.realpath(_PLUGIN)), PYTHONDONTWRITEBYTECODE='1')
    done = subprocess.run(['/usr/bin/openstack', *arguments], env=environment, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT)
    return Outcome(done.returncode, done.stdout, done.stderr)
