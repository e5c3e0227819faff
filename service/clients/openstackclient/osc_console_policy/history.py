# SPDX-License-Identifier: Apache-2.0
"""The command for changes: who changed what."""

import itertools

from osc_lib.command import command

from osc_console_policy import columns
from osc_console_policy import options
from osc_console_policy import scope as scopes


class History(command.Lister):
    """List who changed which policy, newest first."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_scope(parser, required=False)
        parser.add_argument('--limit', metavar='<number>',
                            type=options.positive,
                            help='List so many at most (default: all)')
        parser.add_argument('--long', action='store_true',
                            help='List additional fields')
        return parser

    def take_action(self, parsed_args):
        manager = self.app.client_manager
        scope = options.scope(parsed_args, manager)
        # The service chooses by project; the rest is chosen here.
        changes = manager.console_policy.changes(
            project_id=scope.project_id if scope else None)
        chosen = (change for change in changes
                  if scope is None or _concerns(change, scope))
        titles = ['Revision', 'At', 'Action', 'Scope', 'ID', 'User ID',
                  'Before', 'After']
        if parsed_args.long:
            titles += ['Project ID', 'Request ID', 'Change ID']
        return titles, (
            _row(change, parsed_args.long) for change in
            itertools.islice(chosen, parsed_args.limit))


def _concerns(change, scope):
    target = scopes.Scope.of(change['target'])
    # A project's history is that of its instances too.
    if scope.kind == 'project':
        return target.project_id == scope.project_id
    return target == scope


def _row(change, is_long):
    target = scopes.Scope.of(change['target'])
    row = [change['revision'], change['at'], change['action'], target.kind,
           target.id, change['user_id'], columns.Fields(change['before']),
           columns.Fields(change['after'])]
    if is_long:
        row += [target.project_id, change['request_id'], change['id']]
    return row
