# SPDX-License-Identifier: Apache-2.0
"""The writes that make the service match a file."""

import dataclasses
import typing

from osc_lib import exceptions

from osc_console_policy import document
from osc_console_policy import fields
from osc_console_policy import scope as scopes


UNCHANGED = 'unchanged'


@dataclasses.dataclass
class Step:
    """One write, or what needs none (`UNCHANGED`).

    `place` is where the file asks for it, None for what it lacks.
    """

    action: str
    scope: scopes.Scope
    before: typing.Optional[dict]
    wanted: typing.Optional[dict]
    place: typing.Optional[str] = None
    result: str = ''

    @property
    def name(self):
        """How messages name it."""
        return '%s: %s' % (self.place, self.scope) if self.place else str(
            self.scope)


def steps(wanted, stored, prune, at):
    """The steps from `stored` to the document `wanted`.

    Broad scopes come before narrow ones, and removals come last, so that a
    deny which moves to another scope is never missing in between.

    :param stored: policies of the API by scope
    :param prune: whether to remove what the file's filter chooses and the
        file does not have
    :param at: the moment that decides what has expired
    """
    entries = sorted(wanted.entries, key=lambda entry: entry.scope.order)
    found = [_step(entry, stored.get(entry.scope), at) for entry in entries]
    if prune:
        kept = {entry.scope for entry in entries}
        found += [Step('delete', scope, stored[scope], None)
                  for scope in sorted(stored, key=lambda s: s.order)
                  if scope not in kept
                  and document.chosen(scope, wanted.filter)]
    return found


def _step(entry, before, at):
    def step(action):
        return Step(action, entry.scope, before, entry.says, entry.place)

    says = None if before is None else fields.said(before)
    if says is not None and fields.same(says, entry.says):
        return step(UNCHANGED)
    if fields.is_expired(entry.says, at):
        # It would have no effect: so nothing has to be there.
        if says is None or fields.is_expired(says, at):
            return step(UNCHANGED)
        raise exceptions.CommandError(
            '%s: expires_at: %s is over, and another policy is stored for '
            '%s: remove the entry or give a later time' % (
                entry.place, entry.says['expires_at'], entry.scope))
    return step('create' if before is None else 'update')
