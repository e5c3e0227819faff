# SPDX-License-Identifier: Apache-2.0
"""What Horizon has already fetched of an instance.

Reads servers of novaclient and of openstacksdk, in Horizon's wrapper or
without it. Nova's source shows in which states there is no console:
compute/api.py rejects each get_*_console while the task state is migrating
or deleting, and if the instance is on no host.
"""

import re
from typing import NamedTuple
from typing import Optional

_INSTANCE_ID = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z')
_UPDATED = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z\Z')
_HOST_ID = re.compile(r'[0-9a-f]{0,64}\Z')
MAX_ID_BYTES = 255

#: The names of an attribute in novaclient and in openstacksdk.
_NAMES = {
    'project_id': ('tenant_id', 'project_id'),
    'status': ('status',),
    'task_state': ('OS-EXT-STS:task_state', 'task_state'),
    'updated': ('updated', 'updated_at'),
    'host_id': ('hostId', 'host_id'),
}
#: Task states in which Nova opens no console, whatever the type.
_CLOSED_TASKS = {'migrating': 'migrating', 'deleting': 'deleting'}
#: Statuses in which an instance is on no host, so that Nova answers 409.
_CLOSED_STATUSES = {'SHELVED_OFFLOADED': 'shelved', 'DELETED': 'deleted'}
#: States that explain a failure, and in which Nova may open a console.
_TASKS = {
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
_STATUSES = {'ERROR': 'error', 'SHELVED': 'shelved',
             'SOFT_DELETED': 'deleted', 'BUILD': 'building',
             'RESIZE': 'resizing'}


class Fingerprint(NamedTuple):
    """Nova's `updated` and `hostId`: they change when the devices may."""

    updated: str
    host_id: str


class Instance(NamedTuple):
    """One instance; None for what is not known."""

    instance_id: str
    project_id: Optional[str]
    status: Optional[str] = None
    task_state: Optional[str] = None
    updated: Optional[str] = None
    host_id: Optional[str] = None

    @property
    def is_fetched(self):
        """Whether its state and its host are known."""
        return self.status is not None

    @property
    def fingerprint(self):
        """The Fingerprint, or None if nothing can be learnt now.

        None while a task is running: Nova changes `updated` when a reboot
        begins, not when it ends.
        """
        if self.task_state is not None or self.updated is None:
            return None
        return Fingerprint(self.updated, self.host_id or '')

    @property
    def is_closed(self):
        """Whether Nova opens no console of any type in this state."""
        return (self.task_state in _CLOSED_TASKS or
                self.status in _CLOSED_STATUSES)

    @property
    def state(self):
        """The state that explains a failure, one of messages.STATES."""
        return (_CLOSED_TASKS.get(self.task_state) or
                _CLOSED_STATUSES.get(self.status) or
                _TASKS.get(self.task_state) or _STATUSES.get(self.status))


def of_server(server):
    """The Instance of a Server as Horizon's api.nova returns it.

    Never calls Nova: what was not fetched is not known.
    """
    fields = _fields(server)

    def text(name, form=None):
        for key in _NAMES[name]:
            value = fields.get(key)
            if isinstance(value, str) and (not form or form.match(value)):
                return value
        return None
    return Instance(server.id, text('project_id'), text('status'),
                    text('task_state'), text('updated', _UPDATED),
                    text('host_id', _HOST_ID))


def _fields(server):
    # Neither attributes nor the wrapper's to_dict() are read: novaclient's
    # resource calls Nova for an attribute that it does not have.
    wrapper = getattr(server, '__dict__', {})
    resource = wrapper.get('_apiresource', server)
    fields = {}
    if callable(getattr(type(resource), 'to_dict', None)):
        fields.update(resource.to_dict())
    fields.update(getattr(resource, '__dict__', {}))
    fields.update(wrapper)
    return fields


def is_instance_id(value):
    """Whether Nova could have made this id."""
    return isinstance(value, str) and bool(_INSTANCE_ID.match(value))


def is_id(value):
    """Whether it is an id that the service accepts: opaque text."""
    return (isinstance(value, str) and value not in ('', '.', '..') and
            len(value.encode('utf-8', 'replace')) <= MAX_ID_BYTES and
            value.isprintable())
