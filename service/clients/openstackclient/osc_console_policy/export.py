# SPDX-License-Identifier: Apache-2.0
"""The command that writes policies into a file."""

import sys

from osc_lib.command import command
from osc_lib import exceptions

from osc_console_policy import document
from osc_console_policy import fields
from osc_console_policy import moment
from osc_console_policy import naming
from osc_console_policy import options


class ExportConsolePolicy(command.Command):
    """Write policies as YAML, for `console policy apply`.

    The same policies give the same file. Policies that have expired are
    left out, since they have no effect.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_policy_filters(parser)
        parser.add_argument('-f', '--file', metavar='<file>', default='-',
                            help='Where to write (default: to the output)')
        return parser

    def take_action(self, parsed_args):
        manager = self.app.client_manager
        filters = {}
        if parsed_args.scope:
            filters['scope'] = parsed_args.scope
        if parsed_args.project:
            filters['project_id'] = options.project(
                parsed_args, naming.Names(manager))
        at = moment.now()
        text = document.text(
            [policy for policy in manager.console_policy.policies(**filters)
             if not fields.is_expired(fields.said(policy), at)], filters)
        _write(parsed_args.file, text)


def _write(file, text):
    if file == '-':
        # As `apply` reads it, whatever the locale is.
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode('utf-8'))
        sys.stdout.buffer.flush()
        return
    try:
        with open(file, 'w', encoding='utf-8', newline='') as out:
            out.write(text)
    except OSError as error:
        raise exceptions.CommandError(str(error))
