# SPDX-License-Identifier: Apache-2.0
"""Scopes: what a policy is attached to."""

import dataclasses
import re
import typing
import unicodedata
import urllib.parse

from osc_lib import exceptions

# Broad to narrow, with the ids that name one.
KINDS = {
    'cloud': (),
    'domain': ('domain_id',),
    'project': ('project_id',),
    'user': ('user_id',),
    'instance': ('project_id', 'instance_id'),
}
ID_FIELDS = ('domain_id', 'project_id', 'user_id', 'instance_id')
MAX_ID_BYTES = 255
_INSTANCE_ID = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')


def quoted(id_):
    """An id as one segment of a path."""
    return urllib.parse.quote(id_, safe='')


def is_id(field, text):
    """Whether `text` may stand in the id field `field`."""
    if field == 'instance_id':
        return bool(_INSTANCE_ID.fullmatch(text))
    # Keystone's ids are opaque.
    return (text not in ('', '.', '..') and
            len(text.encode('utf-8', 'replace')) <= MAX_ID_BYTES and
            not any(unicodedata.category(char) == 'Cc' for char in text))


def checked_id(field, text):
    """`text`, which may stand in the id field `field`.

    :raises CommandError: it may not
    """
    if is_id(field, text):
        return text
    if field == 'instance_id':
        wanted = 'a UUID in lower case'
    else:
        wanted = '1 to %d bytes without control characters' % MAX_ID_BYTES
    raise exceptions.CommandError(
        '%r is not the ID of a %s: %s is wanted'
        % (text, field[:-len('_id')], wanted))


@dataclasses.dataclass(frozen=True)
class Scope:
    """One scope. Ids that its kind does not have are None."""

    kind: str
    domain_id: typing.Optional[str] = None
    project_id: typing.Optional[str] = None
    user_id: typing.Optional[str] = None
    instance_id: typing.Optional[str] = None

    @classmethod
    def of(cls, data):
        """The scope that an object of the API names.

        :raises ValueError: it names none
        """
        kind = data.get('scope')
        if not isinstance(kind, str) or kind not in KINDS:
            raise ValueError('scope')
        ids = {}
        for field in KINDS[kind]:
            value = data.get(field)
            if not isinstance(value, str) or not is_id(field, value):
                raise ValueError(field)
            ids[field] = value
        return cls(kind, **ids)

    @property
    def id(self):
        """The one id that people mean; None for the cloud."""
        fields = KINDS[self.kind]
        return getattr(self, fields[-1]) if fields else None

    @property
    def path(self):
        """Its path below /v1/policies."""
        if self.kind == 'cloud':
            return 'cloud'
        if self.kind == 'instance':
            return 'projects/%s/instances/%s' % (
                quoted(self.project_id), self.instance_id)
        return '%ss/%s' % (self.kind, quoted(self.id))

    @property
    def order(self):
        """Sorts broad to narrow, then by ids."""
        return (list(KINDS).index(self.kind),
                [getattr(self, field) for field in KINDS[self.kind]])

    @property
    def owner_name_field(self):
        """The field with the name of the domain, project or user.

        None for the cloud; of an instance it is its project's.
        """
        fields = KINDS[self.kind]
        return fields[0][:-len('_id')] + '_name' if fields else None

    def ids(self):
        """The ids that name it, by field."""
        return {field: getattr(self, field) for field in KINDS[self.kind]}

    def __str__(self):
        if self.kind == 'cloud':
            return 'the cloud'
        if self.kind == 'instance':
            return 'instance %s of project %s' % (
                self.instance_id, self.project_id)
        return '%s %s' % (self.kind, self.id)
