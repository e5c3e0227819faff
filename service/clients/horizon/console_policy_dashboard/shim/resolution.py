# SPDX-License-Identifier: Apache-2.0
"""The service's answer for one opening, and what follows from it.

The answer is checked completely: an answer that is wrong anywhere counts as
no answer. Unknown members are ignored, so that a newer service can add some.
"""

import json
from typing import NamedTuple
from typing import Optional

AUTO = 'AUTO'
#: Horizon's names of the console types.
CONSOLE_TYPES = ('VNC', 'SPICE', 'RDP', 'SERIAL', 'MKS')
#: Where a policy can be attached, from broad to narrow.
SCOPES = ('cloud', 'domain', 'project', 'user', 'instance')
MAX_REASON_BYTES = 500


class InvalidAnswer(Exception):
    """The answer is not a resolution; the text names the member."""


class DeniedBy(NamedTuple):
    """One scope that denies a type, and its reason."""

    scope: str
    reason: Optional[str]


class Resolution(NamedTuple):
    """The types to try and the types that are denied.

    :ivar order: the types to try, in order; None: Horizon's own order.
    :ivar denied: dict, type to tuple of DeniedBy.
    :ivar known_unavailable: the types known not to be there on the instance
        as it runs; None if the service does not learn.
    :ivar known_available: the types known to open; None likewise.
    :ivar denied_in_project: as denied, for every instance of the project;
        None if the service does not state it.
    :ivar domain_id: of the project, if the service knows it.
    """

    order: Optional[tuple]
    denied: dict
    known_unavailable: Optional[tuple] = None
    known_available: Optional[tuple] = None
    denied_in_project: Optional[dict] = None
    domain_id: Optional[str] = None

    def candidates(self, console_type, offered):
        """The types to try, in order.

        :param console_type: AUTO, or the one type that the user asks for.
        :param offered: the types that Horizon knows, in its own order.
        """
        if console_type != AUTO:
            order = (console_type,)
        else:
            order = offered if self.order is None else self.order
        return [t for t in order if t in offered and t not in self.denied]

    def leaves_none(self, console_type, offered):
        """Whether policy denies everything that could be tried."""
        if console_type != AUTO:
            return console_type in self.denied
        if self.order is not None:
            return not self.order
        return all(t in self.denied for t in offered)


#: Horizon's own order, without policy.
STOCK_ORDER = Resolution(None, {})


def decode(body, expected):
    """Read the body of an answer.

    :param body: bytes of bounded length.
    :param expected: the members (project_id, instance_id, user_id) that must
        come back unchanged: the answer to another question is refused.
    :raises InvalidAnswer:
    """
    try:
        document = json.loads(body.decode('utf-8'), object_pairs_hook=_object,
                              parse_constant=_refuse_constant)
        fields = document['resolution']
        answer = read(fields)
    except (ValueError, RecursionError):
        raise InvalidAnswer('the body is not JSON')
    except (KeyError, TypeError):
        raise InvalidAnswer('the body has no resolution')
    for key, value in expected.items():
        if fields.get(key) != value:
            raise InvalidAnswer('resolution.%s is not what was asked' % key)
    return answer


def read(fields):
    """Read a resolution, as the service sends it or as write() wrote it.

    :raises InvalidAnswer:
    """
    _check(isinstance(fields, dict), 'resolution is not an object')
    order = _types(fields.get('consoles'), 'consoles')
    denied = _denied(fields.get('denied'), 'denied')
    _check(not set(order) & set(denied), 'denied has a type of consoles')
    revision = fields.get('revision', 0)
    _check(isinstance(revision, int) and not isinstance(revision, bool) and
           revision >= 0, 'revision is not a number')
    domain_id = fields.get('domain_id')
    _check(domain_id is None or isinstance(domain_id, str),
           'domain_id is not a text')
    unavailable = _optional(_entries, fields, 'known_unavailable')
    if unavailable is not None:
        unavailable = _types([entry.get('type') for entry in unavailable],
                             'known_unavailable')
    return Resolution(
        order, denied, unavailable,
        _optional(_types, fields, 'known_available'),
        _optional(_denied, fields, 'denied_in_project'), domain_id)


def write(answer):
    """The plain form of a Resolution, which read() reads."""
    unavailable = answer.known_unavailable
    available = answer.known_available
    return {
        'consoles': list(answer.order),
        'denied': write_denied(answer.denied),
        'known_unavailable': (None if unavailable is None else
                              [{'type': t} for t in unavailable]),
        'known_available': None if available is None else list(available),
        'domain_id': answer.domain_id}


def read_denied(entries):
    """Read denies, as write_denied() wrote them.

    :raises InvalidAnswer:
    """
    return _denied(entries, 'denied')


def write_denied(denied):
    """The plain form of a dict of denies."""
    return [{'type': name, 'denied_by': [entry._asdict() for entry in by]}
            for name, by in denied.items()]


def _check(condition, message):
    if not condition:
        raise InvalidAnswer(message)


def _object(pairs):
    fields = dict(pairs)
    _check(len(fields) == len(pairs), 'an object has a key twice')
    return fields


def _refuse_constant(name):
    raise InvalidAnswer('%s is not JSON' % name)


def _optional(reader, fields, key):
    value = fields.get(key)
    return None if value is None else reader(value, key)


def _entries(value, where):
    _check(isinstance(value, list) and
           all(isinstance(entry, dict) for entry in value),
           '%s is not a list of objects' % where)
    return value


def _types(value, where):
    _check(isinstance(value, list), '%s is not a list' % where)
    for name in value:
        _check(isinstance(name, str) and name in CONSOLE_TYPES,
               '%s has an unknown console type' % where)
    _check(len(set(value)) == len(value), '%s has a type twice' % where)
    return tuple(value)


def _denied(value, where):
    entries = _entries(value, where)
    names = _types([entry.get('type') for entry in entries], where)
    return {name: _denied_by(entry.get('denied_by'), '%s.denied_by' % where)
            for name, entry in zip(names, entries)}


def _denied_by(value, where):
    entries = _entries(value, where)
    scopes = [entry.get('scope') for entry in entries]
    _check(entries and all(isinstance(s, str) and s in SCOPES
                           for s in scopes) and
           len(set(scopes)) == len(scopes), '%s has no known scopes' % where)
    return tuple(DeniedBy(scope, _reason(entry.get('reason'), where))
                 for scope, entry in zip(scopes, entries))


def _reason(value, where):
    if value is None:
        return None
    _check(isinstance(value, str), '%s.reason is not a text' % where)
    try:
        size = len(value.encode('utf-8'))
    except UnicodeEncodeError:
        raise InvalidAnswer('%s.reason is not Unicode' % where)
    _check(size <= MAX_REASON_BYTES, '%s.reason is too long' % where)
    _check(not any(ord(c) < 0x20 or 0x7f <= ord(c) <= 0x9f for c in value),
           '%s.reason has control characters' % where)
    return value or None
