# SPDX-License-Identifier: Apache-2.0
"""The command for resolutions: which consoles are tried."""

from osc_lib.command import command
from osc_lib import exceptions

from osc_console_policy import columns
from osc_console_policy import naming
from osc_console_policy import options


class ResolveConsolePolicy(command.ShowOne):
    """Show which consoles are tried, and in which order.

    For an instance, or for a project without any instance's policy; for the
    project of the token when neither is given. For an instance, Nova is
    asked how it now runs, so that the order is the one that opening its
    console would get.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_instance(parser)
        options.add_project(
            parser, 'Project (name or ID); with --instance, the project the '
            'instance is in')
        options.add_user(parser, 'Who opens the console (name or ID); the '
                         'caller when left out')
        parser.add_argument(
            '--domain', metavar='<domain>', type=options.name_or_id,
            help='Domain the project is in (name or ID), where the service '
            'cannot know it: with a token that is not from Keystone')
        parser.add_argument(
            '--explain', action='store_true',
            help='Show what every scope said and changed')
        return parser

    def take_action(self, parsed_args):
        manager = self.app.client_manager
        names = naming.Names(manager)
        project_id, instance_id = options.project_and_instance(
            parsed_args, names)
        query = {
            'user_id': parsed_args.user and names.user(
                parsed_args.user, parsed_args.user_domain),
            'domain_id': parsed_args.domain and names.domain(
                parsed_args.domain),
            'explain': 'true' if parsed_args.explain else None,
        }
        if instance_id:
            query.update(self._fingerprint(names, instance_id))
        resolution = manager.console_policy.resolve(
            project_id or names.own_project(), instance_id, **query)
        return _shown(resolution)

    def _fingerprint(self, names, instance_id):
        try:
            return names.fingerprint(instance_id)
        except exceptions.CommandError as error:
            self.log.warning(
                'What was seen of this instance does not count here: %s',
                error)
            return {}


def _shown(resolution):
    formats = {'consoles': columns.ConsoleTypes, 'denied': columns.Denied,
               'known_unavailable': columns.KnownUnavailable,
               'known_available': columns.ConsoleTypes,
               'explanation': columns.Explanation}
    names = [name for name in (
        'consoles', 'known_unavailable', 'known_available', 'denied',
        'project_id', 'domain_id', 'user_id', 'instance_id', 'revision',
        'explanation') if name in resolution]
    return names, [formats.get(name, lambda value: value)(resolution[name])
                   for name in names]
