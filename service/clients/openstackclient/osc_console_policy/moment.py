# SPDX-License-Identifier: Apache-2.0
"""Times as people write them, and as the API wants them: in UTC."""

import datetime
import re

UNITS = {'s': 1, 'm': 60, 'h': 3600, 'd': 86400, 'w': 604800}
_SPAN = re.compile(r'(?:[0-9]{1,9}[smhdw])+')
_MARK = re.compile(r'[0-9]{4}-[0-9]{2}-[0-9]{2}'
                   r'([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?'
                   r'(Z|[+-][0-9]{2}:[0-9]{2})?)?')


def now():
    """This moment, in UTC."""
    return datetime.datetime.now(datetime.timezone.utc)


def parse(text):
    """The moment that an ISO 8601 text names; without a zone it is UTC.

    :raises ValueError: it names none
    """
    if not _MARK.fullmatch(text):
        raise ValueError(text)
    text = text.replace('Z', '+00:00')
    # Python before 3.11 takes three or six digits of fraction only.
    text = re.sub(r'\.([0-9]+)', lambda m: '.' + m.group(1).ljust(6, '0'),
                  text)
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    try:
        return moment.astimezone(datetime.timezone.utc)
    except OverflowError:
        raise ValueError(text)


def after(span, start):
    """The moment that lies `span` (such as 4h, 90m, 1d12h) after `start`.

    :raises ValueError: `span` is none, is nothing, or ends after year 9999
    """
    try:
        return start + _length(span)
    except OverflowError:
        raise ValueError(span)


def before(span, end):
    """The moment that lies `span` before `end`.

    :raises ValueError: `span` is none, is nothing, or begins before year 1
    """
    try:
        return end - _length(span)
    except OverflowError:
        raise ValueError(span)


def text(moment):
    """`moment` as the API takes it."""
    moment = moment.astimezone(datetime.timezone.utc)
    # strftime does not pad years; isoformat does.
    return moment.replace(tzinfo=None).isoformat() + 'Z'


def _length(span):
    if not _SPAN.fullmatch(span):
        raise ValueError(span)
    seconds = sum(int(number) * UNITS[unit]
                  for number, unit in re.findall(r'([0-9]+)(.)', span))
    if not seconds:
        raise ValueError(span)
    return datetime.timedelta(seconds=seconds)
