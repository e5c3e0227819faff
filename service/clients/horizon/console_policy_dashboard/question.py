# SPDX-License-Identifier: Apache-2.0
"""What is asked for one opening of a console."""

import re
from typing import NamedTuple
from typing import Optional
from urllib import parse

_ID = re.compile(r'(?!\.\.?\Z)[A-Za-z0-9_.-]{1,64}\Z')
_INSTANCE_ID = re.compile(
    r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z')


class Question(NamedTuple):
    """Which consoles to try for an instance, and for whom.

    :ivar user_id: whose preferences count; None: the caller's.
    :ivar domain_id: the domain of the project, where a service may state
        it; None: the service finds it out.
    :ivar caller_id: the user whose own token asks, or None.
    :ivar fingerprint: an instance.Fingerprint, or None where there is none
        or the service takes none.
    """

    project_id: str
    instance_id: str
    user_id: Optional[str] = None
    domain_id: Optional[str] = None
    caller_id: Optional[str] = None
    fingerprint: Optional[tuple] = None

    @property
    def is_possible(self):
        """Whether the service takes ids like these."""
        return is_id(self.project_id) and is_instance_id(self.instance_id)

    def target(self):
        """The path and the query, without what the endpoint has before it.

        A user without an id that the service takes is left out: users can
        only prefer, so no deny is dodged by it.
        """
        path = '/v1/projects/%s/instances/%s/consoles' % (
            self.project_id, self.instance_id)
        query = [(name, value) for name, value in (
            ('user_id', self.user_id), ('domain_id', self.domain_id))
            if is_id(value)]
        if self.fingerprint is not None:
            query += [('instance_updated', self.fingerprint.updated),
                      ('host_id', self.fingerprint.host_id)]
        return path + '?' + parse.urlencode(query) if query else path

    def expected(self):
        """The members of an answer that must be these, as a dict."""
        members = {'project_id': self.project_id,
                   'instance_id': self.instance_id}
        user_id = self.user_id if self.caller_id is None else self.caller_id
        if is_id(user_id):
            members['user_id'] = user_id
        return members


def is_id(value):
    """Whether it is an id that the service takes."""
    return isinstance(value, str) and bool(_ID.match(value))


def is_instance_id(value):
    """Whether Nova could have made this id."""
    return isinstance(value, str) and bool(_INSTANCE_ID.match(value))
