# SPDX-License-Identifier: Apache-2.0
"""What the service answers for one opening, and the strict reading of it."""

import json
from typing import NamedTuple
from typing import Optional

#: Horizon's names of the console types.
CONSOLE_TYPES = ('VNC', 'SPICE', 'RDP', 'SERIAL', 'MKS')
#: Where a policy can be attached, from broad to narrow.
SCOPES = ('cloud', 'domain', 'project', 'user', 'instance')
MAX_REASON_BYTES = 500


class InvalidAnswer(Exception):
    """What the service sent is not an answer; the text says where."""


class DeniedBy(NamedTuple):
    """One scope whose deny stands, and the reason it gives."""

    scope: str
    reason: Optional[str]


class Resolution(NamedTuple):
    """The types to try, in order, and the types that are denied.

    denied is a tuple of pairs (type, tuple of DeniedBy, broad to narrow).
    known_unavailable and known_available are the types that the service has
    learnt about this instance as it now runs; None where the service learns
    nothing.
    """

    consoles: tuple
    denied: tuple
    revision: int
    known_unavailable: Optional[tuple] = None
    known_available: Optional[tuple] = None


def _unique(pairs):
    seen = dict(pairs)
    if len(seen) != len(pairs):
        raise InvalidAnswer('a key stands twice in an object')
    return seen


def _no_constant(name):
    raise InvalidAnswer('%s is not JSON' % name)


def _member(mapping, key, kind, where):
    value = mapping.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise InvalidAnswer('%s.%s is missing or has a wrong type' % (
            where, key))
    return value


def _console_type(value, where):
    if not isinstance(value, str) or value not in CONSOLE_TYPES:
        raise InvalidAnswer('%s is not a console type' % where)
    return value


def _reason(entry, where):
    reason = entry.get('reason')
    if reason is None:
        return None
    if not isinstance(reason, str):
        raise InvalidAnswer('%s.reason has a wrong type' % where)
    try:
        size = len(reason.encode('utf-8'))
    except UnicodeEncodeError:
        raise InvalidAnswer('%s.reason is not Unicode' % where)
    if size > MAX_REASON_BYTES:
        raise InvalidAnswer('%s.reason is too long' % where)
    if any(ord(c) < 0x20 or 0x7f <= ord(c) <= 0x9f for c in reason):
        raise InvalidAnswer('%s.reason has control characters' % where)
    return reason or None


def _denied_by(entries, where):
    if not entries or len(entries) > len(SCOPES):
        raise InvalidAnswer('%s has a wrong number of entries' % where)
    result = []
    for index, entry in enumerate(entries):
        here = '%s[%d]' % (where, index)
        if not isinstance(entry, dict):
            raise InvalidAnswer('%s is not an object' % here)
        scope = entry.get('scope')
        if scope not in SCOPES or any(scope == d.scope for d in result):
            raise InvalidAnswer('%s.scope is no scope or stands twice' % here)
        result.append(DeniedBy(scope, _reason(entry, here)))
    return tuple(result)


def _learnt(fields, key, where, type_of):
    """The types in a list that may be missing, each once."""
    if fields.get(key) is None:
        return None
    found = []
    for index, value in enumerate(_member(fields, key, list, where)):
        here = '%s.%s[%d]' % (where, key, index)
        name = _console_type(type_of(value), here)
        if name in found:
            raise InvalidAnswer('%s stands twice' % here)
        found.append(name)
    return tuple(found)


def _type_in(entry):
    return entry.get('type') if isinstance(entry, dict) else None


def read(fields):
    """Read what is known of the members of a decoded resolution.

    Members that are not known are left alone, so that a newer service can
    say more. Everything that is known is checked.

    :raises InvalidAnswer:
    """
    where = 'resolution'
    if not isinstance(fields, dict):
        raise InvalidAnswer('%s is not an object' % where)
    consoles = []
    for index, value in enumerate(_member(fields, 'consoles', list, where)):
        here = '%s.consoles[%d]' % (where, index)
        if _console_type(value, here) in consoles:
            raise InvalidAnswer('%s stands twice' % here)
        consoles.append(value)
    denied = {}
    for index, entry in enumerate(_member(fields, 'denied', list, where)):
        here = '%s.denied[%d]' % (where, index)
        if not isinstance(entry, dict):
            raise InvalidAnswer('%s is not an object' % here)
        name = _console_type(entry.get('type'), '%s.type' % here)
        if name in denied or name in consoles:
            raise InvalidAnswer('%s.type stands twice' % here)
        denied[name] = _denied_by(_member(entry, 'denied_by', list, here),
                                  '%s.denied_by' % here)
    revision = _member(fields, 'revision', int, where)
    if revision < 0:
        raise InvalidAnswer('%s.revision is negative' % where)
    return Resolution(
        tuple(consoles), tuple(denied.items()), revision,
        _learnt(fields, 'known_unavailable', where, _type_in),
        _learnt(fields, 'known_available', where, lambda value: value))


def decode(body, expected):
    """Read the body of an answer.

    :param body: bytes, already bounded in size.
    :param expected: the members that tell what was asked (project_id,
        instance_id, user_id) and must come back unchanged: an answer to
        somebody else's question is refused.
    :raises InvalidAnswer:
    """
    try:
        document = json.loads(body.decode('utf-8'),
                              object_pairs_hook=_unique,
                              parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise InvalidAnswer('the body is not JSON')
    if not isinstance(document, dict):
        raise InvalidAnswer('the body is not an object')
    fields = document.get('resolution')
    resolution = read(fields)
    for key, value in expected.items():
        if fields.get(key) != value:
            raise InvalidAnswer('resolution.%s is not what was asked' % key)
    return resolution


def encode(resolution):
    """The plain form of a resolution, which read() takes back."""
    unavailable = resolution.known_unavailable
    available = resolution.known_available
    return {
        'consoles': list(resolution.consoles),
        'denied': [{'type': name,
                    'denied_by': [{'scope': d.scope, 'reason': d.reason}
                                  for d in scopes]}
                   for name, scopes in resolution.denied],
        'revision': resolution.revision,
        'known_unavailable': (None if unavailable is None else
                              [{'type': t} for t in unavailable]),
        'known_available': None if available is None else list(available),
    }
