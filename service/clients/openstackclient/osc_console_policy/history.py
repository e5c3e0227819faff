# SPDX-License-Identifier: Apache-2.0
"""The commands for changes: the list of them, and restore."""

import itertools

from osc_lib.command import command
from osc_lib import exceptions

from osc_console_policy import client as policy_client
from osc_console_policy import columns
from osc_console_policy import labels
from osc_console_policy import naming
from osc_console_policy import options
from osc_console_policy import scope as scopes


class ListConsolePolicyHistory(command.Lister):
    """List who changed which policy, newest first.

    All filters that are given hold at once.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_scope(parser, required=False)
        options.add_kind(parser, 'changes')
        parser.add_argument('--changed-by', metavar='<user>',
                            type=options.name_or_id,
                            help='Only changes that this user made (name or '
                            'ID)')
        parser.add_argument('--changed-by-domain', metavar='<user-domain>',
                            type=options.name_or_id,
                            help='Domain that user is in (name or ID)')
        for name, text in (('since', 'at this time or later'),
                           ('until', 'before this time')):
            parser.add_argument(
                '--' + name, metavar='<time>', type=options.time_or_age,
                help='Only changes %s: ISO 8601, in UTC if it has no offset, '
                'or how long ago, such as 4h or 2w' % text)
        options.add_limit(parser)
        options.add_long(parser)
        options.add_names(parser)
        return parser

    def take_action(self, parsed_args):
        manager = self.app.client_manager
        scope = options.scope(parsed_args, manager)
        changes = self._changes(scope, parsed_args)
        titles = ['Revision', 'At', 'Action', 'Scope', 'ID', 'User ID',
                  'Before', 'After']
        if parsed_args.long:
            titles += ['Project ID', 'Request ID', 'Change ID']
        if parsed_args.names:
            titles += ['Owner Name', 'User Name']
        found = labels.Labels(self.app.client_manager)
        return titles, (_row(change, parsed_args, found)
                        for change in changes)

    def _changes(self, scope, parsed_args):
        """What the options choose; `scope` is the one that they name."""
        manager = self.app.client_manager
        query = {
            'scope': _kind(scope, parsed_args.scope),
            'project_id': scope.project_id if scope else None,
            'user_id': parsed_args.changed_by and naming.Names(manager).user(
                parsed_args.changed_by, parsed_args.changed_by_domain),
            'since': parsed_args.since,
            'until': parsed_args.until,
        }
        client, limit = manager.console_policy, parsed_args.limit
        if scope is None or scope.kind in ('cloud', 'project'):
            return client.changes(most=limit, **query)
        # The service does not choose by one domain, user or instance.
        return itertools.islice(
            (change for change in client.changes(**query)
             if scopes.Scope.of(change['target']) == scope), limit)


class RestoreConsolePolicy(command.Command):
    """Put back the policy that a scope had before a change.

    This is a new change; "console policy history" lists the revisions. If
    the policy has changed since, it is refused unless --force is given.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('revision', metavar='<revision>',
                            type=options.positive,
                            help='Revision of the change')
        parser.add_argument('--after', action='store_true',
                            help='Put back the policy after the change')
        parser.add_argument('--force', action='store_true',
                            help='Replace a policy that has changed since')
        return parser

    def take_action(self, parsed_args):
        client = self.app.client_manager.console_policy
        headers = None
        if parsed_args.force:
            change = client.change(parsed_args.revision)
            headers = policy_client.in_place_of(
                client.find(scopes.Scope.of(change['target'])))
        client.restore(parsed_args.revision,
                       'after' if parsed_args.after else 'before', headers)


def _kind(scope, given):
    """The kind of scope to ask for, None for every kind."""
    # A project's history is that of its instances too.
    if scope is None or scope.kind == 'project':
        return given
    if given not in (None, scope.kind):
        raise exceptions.CommandError(
            '--scope %s and --%s choose nothing together'
            % (given, scope.kind))
    return scope.kind


def _row(change, parsed_args, found):
    target = scopes.Scope.of(change['target'])
    row = [change['revision'], change['at'], change['action'], target.kind,
           target.id, change['user_id'], columns.Fields(change['before']),
           columns.Fields(change['after'])]
    if parsed_args.long:
        row += [target.project_id, change['request_id'], change['id']]
    if parsed_args.names:
        row += [found.of_scope(target), found.of_user(change['user_id'])]
    return row
