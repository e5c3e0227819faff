# SPDX-License-Identifier: Apache-2.0
"""Commands for single policies, and the list of them."""

from osc_lib.command import command
from osc_lib import exceptions

from osc_console_policy import batch
from osc_console_policy import columns
from osc_console_policy import fields
from osc_console_policy import labels
from osc_console_policy import moment
from osc_console_policy import naming
from osc_console_policy import options
from osc_console_policy import plan
from osc_console_policy import preview
from osc_console_policy import scope as scopes


class SetConsolePolicy(command.ShowOne):
    """Set the policy of a scope.

    Only the fields that are given change, the others stay; a policy that is
    not there, or has expired, is a new one. A list that is given replaces
    the stored one.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_scope(parser)
        options.add_fields(parser)
        parser.add_argument(
            '--preview', action='store_true',
            help='Show what would change for instances, and write nothing')
        return parser

    def take_action(self, parsed_args):
        given = options.given_fields(parsed_args)
        if not given:
            raise exceptions.CommandError(
                'Nothing to set: give --prefer, --deny, --allow, --reason, '
                '--expires-at or --expires-in')
        manager = self.app.client_manager
        scope = options.required_scope(parsed_args, manager)
        client = manager.console_policy
        stored = client.find(scope)
        base = fields.said(stored) if stored else fields.nothing()
        if fields.is_expired(base, moment.now()):
            base = fields.nothing()
        wanted = {**base, **given}
        if parsed_args.preview:
            step = plan.Step('update', scope, stored, wanted)
            return preview.shown(client.preview([batch.operation(step)]))
        # Also when nothing changes: the service checks the caller's rights.
        return shown(client.write(scope, wanted, stored))


class DeleteConsolePolicy(command.Command):
    """Delete the policy of a scope."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_scope(parser)
        return parser

    def take_action(self, parsed_args):
        manager = self.app.client_manager
        scope = options.required_scope(parsed_args, manager)
        client = manager.console_policy
        client.delete(scope, client.show(scope))


class UnsetConsolePolicy(command.Command):
    """Empty fields of a policy.

    When nothing is preferred, denied or allowed any more, the policy is
    deleted. Without a field, the policy is deleted: this is deprecated, use
    "console policy delete".
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_scope(parser)
        for name in fields.FIELDS:
            parser.add_argument(
                '--' + name.replace('_', '-'), action='store_true',
                help='Empty only %s' % name)
        return parser

    def take_action(self, parsed_args):
        manager = self.app.client_manager
        scope = options.required_scope(parsed_args, manager)
        client = manager.console_policy
        chosen = [name for name in fields.FIELDS
                  if getattr(parsed_args, name)]
        if not chosen:
            self.log.warning('"console policy unset" without a field is '
                             'deprecated: use "console policy delete"')
        stored = client.show(scope)
        left = {name: value for name, value in fields.said(stored).items()
                if name not in chosen}
        wanted = {**fields.nothing(), **left}
        if not chosen or fields.is_silent(wanted):
            client.delete(scope, stored)
        else:
            client.write(scope, wanted, stored)


class ShowConsolePolicy(command.ShowOne):
    """Show the policy that is stored for a scope."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_scope(parser)
        options.add_names(parser)
        return parser

    def take_action(self, parsed_args):
        manager = self.app.client_manager
        scope = options.required_scope(parsed_args, manager)
        policy = manager.console_policy.show(scope)
        names, values = shown(policy)
        if parsed_args.names:
            found = labels.Labels(manager)
            if scope.owner_name_field:
                names.append(scope.owner_name_field)
                values.append(found.of_scope(scope))
            names.append('updated_by_name')
            values.append(found.of_user(policy['updated_by']))
        return names, values


class ListConsolePolicy(command.Lister):
    """List policies."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_policy_filters(parser)
        options.add_limit(parser)
        options.add_long(parser)
        options.add_names(parser)
        return parser

    def take_action(self, parsed_args):
        manager = self.app.client_manager
        policies = manager.console_policy.policies(
            most=parsed_args.limit, scope=parsed_args.scope,
            project_id=options.project(parsed_args, naming.Names(manager)))
        titles = ['Scope', 'ID', 'Prefer', 'Deny', 'Allow', 'Reason',
                  'Expires At']
        if parsed_args.long:
            titles += ['Project ID', 'Revision', 'Created At', 'Updated At',
                       'Updated By']
        if parsed_args.names:
            titles += ['Owner Name', 'Updated By Name']
        found = labels.Labels(manager)
        return titles, (_row(policy, parsed_args, found)
                        for policy in policies)


def shown(policy):
    """A policy of the API as ShowOne wants it."""
    scope = scopes.Scope.of(policy)
    names = ['scope', *scope.ids(), *fields.FIELDS, 'revision', 'created_at',
             'updated_at', 'updated_by']
    return names, [
        columns.ConsoleTypes(policy[name]) if name in fields.LISTS
        else policy.get(name) for name in names]


def _row(policy, parsed_args, found):
    scope = scopes.Scope.of(policy)
    row = [policy['scope'], scope.id]
    row += [columns.ConsoleTypes(policy[name]) for name in fields.LISTS]
    row += [policy['reason'], policy['expires_at']]
    if parsed_args.long:
        row += [policy.get(name) for name in (
            'project_id', 'revision', 'created_at', 'updated_at',
            'updated_by')]
    if parsed_args.names:
        row += [found.of_scope(scope), found.of_user(policy['updated_by'])]
    return row
