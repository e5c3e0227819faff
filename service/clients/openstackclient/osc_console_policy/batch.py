# SPDX-License-Identifier: Apache-2.0
"""Steps as requests of the API that the service does whole or not at all.

One request holds 1,000 operations and, as the service is shipped, 1 MiB. What
is more goes in several, one after the other, and only each of them is all or
nothing.
"""

import json
import re

from osc_console_policy import answer
from osc_console_policy import fields

MAX_OPERATIONS = 1000
MAX_BYTES = 1000000
_NAMED = re.compile(r'operations\[([0-9]{1,4})\](?:\.if_revision)?[.:] ?')


def requests(steps):
    """Lists of steps, each of which one request can hold."""
    chosen, size = [], 0
    for step in steps:
        length = len(json.dumps(operation(step), ensure_ascii=False)
                     .encode('utf-8')) + len(', ')
        if chosen and (len(chosen) == MAX_OPERATIONS
                       or size + length > MAX_BYTES):
            yield chosen
            chosen, size = [], 0
        chosen.append(step)
        size += length
    if chosen:
        yield chosen


def send(client, steps):
    """Do all `steps`, or none, and note the result in each.

    :raises CommandError: none was done, or it is not known
    """
    for step in steps:
        # Until the service answers otherwise.
        step.result = 'unknown'
    try:
        client.apply([operation(step) for step in steps])
    except answer.ServiceError as error:
        # A proxy's 5xx does not show what the service did.
        if error.code or error.status < 500:
            _note(steps, 'not done')
            for index, _ in refusals(error):
                if index < len(steps):
                    steps[index].result = 'refused'
        raise
    _note(steps, 'done')


def refusals(error):
    """Which operations an error refuses: pairs of an index and why."""
    for text in error.details:
        named = _NAMED.match(text)
        if named:
            yield int(named.group(1)), text[named.end():]


def _note(steps, result):
    for step in steps:
        step.result = result


def operation(step):
    """The operation of the API (BatchOperation) for a step."""
    data = {
        'action': 'delete' if step.action == 'delete' else 'put',
        'target': {'scope': step.scope.kind, **step.scope.ids()},
        # So that no other user's later write is lost.
        'if_revision': step.before['revision'] if step.before else 0}
    if step.action != 'delete':
        data['policy'] = fields.request(step.wanted)
    return data
