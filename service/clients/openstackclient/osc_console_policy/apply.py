# SPDX-License-Identifier: Apache-2.0
"""The command that makes the service match a file."""

import sys

from osc_lib.command import command
from osc_lib import exceptions

from osc_console_policy import answer
from osc_console_policy import batch
from osc_console_policy import columns
from osc_console_policy import document
from osc_console_policy import fields
from osc_console_policy import moment
from osc_console_policy import plan
from osc_console_policy import scope as scopes

_MOST_REFUSALS = 20


class ApplyConsolePolicy(command.Lister):
    """Make the service match a file: all of it, or nothing.

    The whole file is checked before anything is written. More than 1,000
    changes go in several requests, and only each of those is all or nothing;
    after a failure the same command can be given again.
    """

    # -f is the file here, and the formatter has --format.
    conflict_handler = 'resolve'

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._failure = None

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        add_file(parser)
        add_prune(parser)
        parser.add_argument('--dry-run', action='store_true',
                            help='Show what would change, and write nothing')
        parser.add_argument('--unchanged', action='store_true',
                            help='Show what needs no change as well')
        return parser

    def take_action(self, parsed_args):
        client = self.app.client_manager.console_policy
        steps = planned(client, parsed_args, moment.now())
        changes = [step for step in steps if step.action != plan.UNCHANGED]
        self._do(client, changes, parsed_args.dry_run)
        shown = steps if parsed_args.unchanged else changes
        return (['Action', 'Scope', 'ID', 'Before', 'After', 'Result'],
                [_row(step) for step in shown])

    def run(self, parsed_args):
        """As every command, but reports a failure after the table."""
        status = super().run(parsed_args)
        if self._failure:
            raise self._failure
        return status

    def _do(self, client, changes, dry_run):
        requests = list(batch.requests(changes))
        if len(requests) > 1:
            self.log.warning(
                '%d changes are more than one request holds: they go in %d, '
                'each of which is done whole or not at all',
                len(changes), len(requests))
        for step in changes:
            step.result = 'dry run' if dry_run else 'not tried'
        done = 0
        for steps in [] if dry_run else requests:
            try:
                batch.send(client, steps)
            except exceptions.CommandError as error:
                self._failure = _failure(error, steps, done, len(changes))
                return
            done += len(steps)


def add_file(parser):
    """Add --file."""
    parser.add_argument('-f', '--file', metavar='<file>', required=True,
                        help='YAML as `console policy export` writes it; '
                        '- reads the input')


def add_prune(parser):
    """Add --prune."""
    parser.add_argument(
        '--prune', action='store_true',
        help='Remove policies that the filter of the file chooses and '
        'that are not in the file')


def planned(client, parsed_args, at):
    """The steps that the file needs, those without a change included."""
    wanted = _read(parsed_args.file)
    if parsed_args.prune and wanted.filter is None:
        raise exceptions.CommandError(
            '%s: --prune needs the key filter, which says of which '
            'policies the file is the whole truth ({}: of all)'
            % parsed_args.file)
    stored = _stored(client, wanted, parsed_args.prune)
    return plan.steps(wanted, stored, parsed_args.prune, at)


def _failure(error, steps, done, count):
    """`error` with what of the file it concerns."""
    head = '%d of %d changes are done' % (done, count)
    refusals = (list(batch.refusals(error))
                if isinstance(error, answer.ServiceError) else [])
    if not refusals:
        return exceptions.CommandError('%s: %s' % (head, error))
    lines = ['%s, and these are refused %s:' % (head, error.whence)]
    for index, why in refusals[:_MOST_REFUSALS]:
        name = steps[index].name if index < len(steps) else str(index)
        lines.append('%s: %s' % (name, why))
    if len(refusals) > _MOST_REFUSALS:
        lines.append('and %d more' % (len(refusals) - _MOST_REFUSALS))
    return exceptions.CommandError('\n'.join(lines))


def _read(name):
    try:
        if name == '-':
            content = sys.stdin.buffer.read(document.MAX_BYTES + 1)
        else:
            with open(name, 'rb') as file:
                content = file.read(document.MAX_BYTES + 1)
    except OSError as error:
        raise exceptions.CommandError(str(error))
    return document.parse(content, name)


def _stored(client, wanted, prune):
    """What is stored, by scope: at least for the scopes of the file."""
    if prune:
        policies = client.policies(**wanted.filter)
    else:
        found = (client.find(entry.scope) for entry in wanted.entries)
        policies = [policy for policy in found if policy is not None]
    return {scopes.Scope.of(policy): policy for policy in policies}


def _row(step):
    before = step.before and fields.said(step.before)
    return [step.action, step.scope.kind, step.scope.id,
            columns.Fields(before), columns.Fields(step.wanted), step.result]
