# SPDX-License-Identifier: Apache-2.0
"""Commands for what was seen of consoles when they were opened."""

import hashlib
import re

from osc_lib.command import command
from osc_lib import exceptions

from osc_console_policy import fields
from osc_console_policy import naming
from osc_console_policy import options

_HOST_ID = re.compile(r'[0-9a-f]{56}')
_SEEN = {'Type': 'type', 'Status': 'status', 'Seen At': 'seen_at',
         'Host ID': 'host_id', 'Instance Updated': 'instance_updated',
         'Nova Status': 'nova_status', 'Milliseconds': 'milliseconds'}
_OF_INSTANCE = {'Project ID': 'project_id', 'Instance ID': 'instance_id'}
_COUNTS = {'Project ID': 'project_id', 'Host ID': 'host_id', 'Type': 'type',
           'Opened': 'opened', 'Unavailable': 'unavailable'}


class ShowConsoleAvailability(command.Lister):
    """Show what was seen of the console types of an instance.

    Also what does not count any more, for the instance has changed since or
    it is too long ago.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        _add_one_instance(parser)
        return parser

    def take_action(self, parsed_args):
        manager = self.app.client_manager
        types = manager.console_policy.availability(
            *_one_instance(parsed_args, manager))
        return _table(_SEEN, types)


class ForgetConsoleAvailability(command.Command):
    """Forget what was seen of the console types of an instance.

    The next opening tries every type again. For when it was changed what a
    host offers, of which the instance shows nothing.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        _add_one_instance(parser)
        return parser

    def take_action(self, parsed_args):
        manager = self.app.client_manager
        manager.console_policy.forget_availability(
            *_one_instance(parsed_args, manager))


class ListConsoleAvailability(command.Lister):
    """List what was seen of console types, instance by instance.

    `--type SPICE --status unavailable` are the instances that wait for a hard
    reboot until they have SPICE.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('--type', metavar='<type>', type=str.upper,
                            choices=fields.CONSOLE_TYPES,
                            help='Only of this console type: one of %s'
                            % ', '.join(fields.CONSOLE_TYPES))
        parser.add_argument('--status', choices=['opened', 'unavailable'],
                            help='Only types that were seen so')
        options.add_project(parser, 'Only instances of this project (name or '
                            'ID)')
        parser.add_argument(
            '--host', metavar='<host>', type=options.name_or_id,
            help='Only what was seen on this compute host: the hostId that '
            'Nova shows, or with --project its name')
        options.add_limit(parser)
        options.add_long(parser)
        return parser

    def take_action(self, parsed_args):
        manager = self.app.client_manager
        project_id = options.project(parsed_args, naming.Names(manager))
        found = manager.console_policy.availabilities(
            most=parsed_args.limit, project_id=project_id,
            type=parsed_args.type, status=parsed_args.status,
            host_id=_host_id(parsed_args.host, project_id))
        titles = list(_SEEN) if parsed_args.long else [
            'Type', 'Status', 'Seen At', 'Host ID']
        return _table({**_OF_INSTANCE,
                       **{title: _SEEN[title] for title in titles}}, found)


class ShowConsoleAvailabilitySummary(command.Lister):
    """Count on how many instances which console types were seen to open.

    A line for each project, compute host and type.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_project(parser, 'Only instances of this project (name or '
                            'ID)')
        options.add_limit(parser)
        return parser

    def take_action(self, parsed_args):
        manager = self.app.client_manager
        return _table(_COUNTS, manager.console_policy.availability_summary(
            most=parsed_args.limit,
            project_id=options.project(parsed_args, naming.Names(manager))))


def _add_one_instance(parser):
    options.add_instance(parser, required=True)
    options.add_project(parser, 'Project the instance is in (name or ID); '
                        'with the ID of the instance, Nova is not asked')


def _one_instance(parsed_args, manager):
    """The ids of its project and of the instance."""
    return options.project_and_instance(parsed_args, naming.Names(manager))


def _host_id(host, project_id):
    """Nova's hostId of `host`, which may be one already."""
    if host is None or _HOST_ID.fullmatch(host):
        return host
    if not project_id:
        raise exceptions.CommandError(
            '%r is not the hostId of a compute host; give --project too, for '
            'it is another one in each project' % host)
    # As Nova makes it, and shows it in a server.
    return hashlib.sha224((project_id + host).encode('utf-8')).hexdigest()


def _table(fields_by_title, found):
    return list(fields_by_title), (
        [one.get(field) for field in fields_by_title.values()]
        for one in found)
