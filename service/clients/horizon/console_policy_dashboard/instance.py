# SPDX-License-Identifier: Apache-2.0
"""What Horizon has already fetched of an instance, and what follows.

Which states close every console is read in Nova's source: compute/api.py
rejects each get_*_console while the task state is migrating or deleting, and
where the instance is on no host; with a cold migration, a shelving or an
error the compute host decides, and what it says of one type it says of all.
"""

import re
from typing import NamedTuple
from typing import Optional

_UPDATED = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z\Z')
_HOST_ID = re.compile(r'[0-9a-f]{0,64}\Z')

#: Task states in which Nova opens no console, whatever the type.
_CLOSED_TASKS = {'migrating': 'migrating', 'deleting': 'deleting'}
#: Task states in which one try tells about all types.
_TELLING_TASKS = {
    'resize_prep': 'resizing', 'resize_migrating': 'resizing',
    'resize_migrated': 'resizing', 'resize_finish': 'resizing',
    'resize_reverting': 'resizing',
    'shelving': 'shelving', 'shelving_image_pending_upload': 'shelving',
    'shelving_image_uploading': 'shelving',
    'shelving_offloading': 'shelving', 'unshelving': 'unshelving',
    'soft-deleting': 'deleting', 'scheduling': 'building',
    'block_device_mapping': 'building', 'networking': 'building',
    'spawning': 'building',
}
#: Statuses in which an instance is on no host, so that Nova answers 409.
_CLOSED_STATUSES = {'SHELVED_OFFLOADED': 'shelved', 'DELETED': 'deleted'}
#: Statuses in which one try tells about all types.
_TELLING_STATUSES = {'ERROR': 'error', 'SHELVED': 'shelved',
                     'SOFT_DELETED': 'deleted', 'BUILD': 'building',
                     'RESIZE': 'resizing'}


class Fingerprint(NamedTuple):
    """As what an instance runs: Nova's `updated` and `hostId` of it."""

    updated: str
    host_id: str


class Obstacle(NamedTuple):
    """A state that stands in the way of every console.

    :ivar name: one of the keys of denial.OBSTACLES.
    :ivar tries: how often Nova is asked all the same, 0 or 1.
    """

    name: str
    tries: int


class Instance(NamedTuple):
    """One instance; what is not known of it is None."""

    instance_id: str
    project_id: Optional[str]
    name: str = ''
    status: Optional[str] = None
    task_state: Optional[str] = None
    updated: Optional[str] = None
    host_id: Optional[str] = None

    @property
    def is_known(self):
        """Whether Horizon has fetched it: its state and its host are known."""
        return self.status is not None

    @property
    def fingerprint(self):
        """The Fingerprint, or None where nothing can be learnt.

        None while a task is under way: Nova moves `updated` when a reboot
        is asked for, not when it is done.
        """
        if self.task_state is not None or self.updated is None:
            return None
        return Fingerprint(self.updated, self.host_id or '')

    @property
    def obstacle(self):
        """The Obstacle to every console of it, or None."""
        if self.task_state in _CLOSED_TASKS:
            return Obstacle(_CLOSED_TASKS[self.task_state], 0)
        if self.status in _CLOSED_STATUSES:
            return Obstacle(_CLOSED_STATUSES[self.status], 0)
        if self.task_state in _TELLING_TASKS:
            return Obstacle(_TELLING_TASKS[self.task_state], 1)
        if self.status in _TELLING_STATUSES:
            return Obstacle(_TELLING_STATUSES[self.status], 1)
        return None


def of_server(server):
    """The Instance in a Server as Horizon's api.nova gives it.

    Asks Nova nothing: what was not fetched is not known.
    """
    # Horizon's wrapper lets only some attributes through, and novaclient's
    # resource asks Nova for one that it has not got.
    own = getattr(server, '__dict__', {})
    fetched = dict(getattr(own.get('_apiresource'), '__dict__', {}), **own)
    return Instance(
        server.id, _text(fetched.get('tenant_id')),
        getattr(server, 'name', ''), _text(fetched.get('status')),
        _text(fetched.get('OS-EXT-STS:task_state')),
        _text(fetched.get('updated'), _UPDATED),
        _text(fetched.get('hostId'), _HOST_ID))


def _text(value, form=None):
    if not isinstance(value, str) or form and not form.match(value):
        return None
    return value
