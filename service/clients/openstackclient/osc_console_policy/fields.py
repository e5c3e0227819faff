# SPDX-License-Identifier: Apache-2.0
"""The five fields of a policy that people write.

Here a policy is a dict with all of `FIELDS`: lists of console types, and
texts or None.
"""

from osc_console_policy import moment

CONSOLE_TYPES = ('VNC', 'SPICE', 'RDP', 'SERIAL', 'MKS')
LISTS = ('prefer', 'deny', 'allow')
TEXTS = ('reason', 'expires_at')
FIELDS = LISTS + TEXTS


def nothing():
    """The fields of a scope without a policy."""
    return {'prefer': [], 'deny': [], 'allow': [],
            'reason': None, 'expires_at': None}


def said(policy):
    """The five fields of a policy of the API, or of a file."""
    return {**nothing(), **{field: policy[field] for field in FIELDS
                            if policy.get(field) is not None}}


def request(fields):
    """`fields` as a request: empty ones are left out."""
    return {field: value for field, value in fields.items() if value}


def is_silent(fields):
    """Whether nothing is preferred, denied or allowed."""
    return not any(fields[field] for field in LISTS)


def is_expired(fields, at):
    """Whether the policy is past its end at the moment `at`."""
    end = fields['expires_at']
    return end is not None and moment.parse(end) <= at


def same(one, other):
    """Whether two policies are equal. Only `prefer` has an order."""
    return _meaning(one) == _meaning(other)


def problems(fields, kind):
    """What forbids storing this at a scope of the kind `kind`.

    The rules R10 and R11 of the service, without those on time.

    :returns: pairs of a field and a text
    """
    found = [(field, text) for field, text in (
        ('reason', _reason_problem(fields['reason'])),
        ('expires_at', _end_problem(fields['expires_at']))) if text]
    denied = set(fields['deny'])
    if 'ALL' in denied and len(denied) > 1:
        found.append(('deny', 'deny: ALL stands alone'))
    for field in ('prefer', 'allow'):
        found += [(field, '%s: %s is denied in the same policy'
                   % (field, name)) for name in fields[field]
                  if name in denied]
    if kind == 'user':
        found += [(field, '%s: a user may only prefer' % field)
                  for field in ('deny', 'allow') if fields[field]]
    if kind == 'cloud' and fields['allow']:
        found.append(('allow', 'allow: nothing is broader than the cloud'))
    if kind == 'cloud' and not fields['prefer'] and 'ALL' not in denied:
        found.append(('prefer', 'prefer: the cloud prefers something or '
                      'denies ALL'))
    elif is_silent(fields):
        found.append(('prefer', 'prefer, deny and allow are empty: such a '
                      'policy says nothing'))
    return found


def _reason_problem(reason):
    if reason is None:
        return None
    try:
        length = len(reason.encode('utf-8'))
    except UnicodeEncodeError:
        return 'reason: it has half of a surrogate pair'
    if not 0 < length <= 500:
        return 'reason: 1 to 500 bytes are wanted'
    if any(ord(char) < 32 or ord(char) == 127 for char in reason):
        return 'reason: it has control characters'
    return None


def _end_problem(end):
    try:
        if end is not None:
            moment.parse(end)
    except ValueError:
        return 'expires_at: a time such as 2026-12-01T18:00:00Z is wanted'
    return None


def summary(fields):
    """One line for people; None for a policy that is not there."""
    if fields is None:
        return None
    clauses = ['%s %s' % (field, ', '.join(fields[field]))
               for field in LISTS if fields.get(field)]
    if fields.get('expires_at'):
        clauses.append('until %s' % fields['expires_at'])
    if fields.get('reason'):
        clauses.append('(%s)' % fields['reason'])
    return '; '.join(clauses)


def _meaning(fields):
    end = fields['expires_at']
    return (list(fields['prefer']), set(fields['deny']), set(fields['allow']),
            fields['reason'] or None, end and moment.parse(end))
