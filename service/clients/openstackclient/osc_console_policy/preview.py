# SPDX-License-Identifier: Apache-2.0
"""The command that shows what a file would change for instances."""

from cliff import columns
from osc_lib.command import command
from osc_lib import exceptions

from osc_console_policy import apply
from osc_console_policy import batch
from osc_console_policy import moment
from osc_console_policy import plan


class PreviewConsolePolicy(command.ShowOne):
    """Show what a file of policies would change for the observed instances.

    The file is that of "console policy apply". Nothing is written. An
    instance without observations is not counted.
    """

    # -f is the file here, and the formatter has --format.
    conflict_handler = 'resolve'

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        apply.add_file(parser)
        apply.add_prune(parser)
        return parser

    def take_action(self, parsed_args):
        client = self.app.client_manager.console_policy
        steps = apply.planned(client, parsed_args, moment.now())
        changes = [step for step in steps if step.action != plan.UNCHANGED]
        if not changes:
            return shown(None)
        if len(list(batch.requests(changes))) > 1:
            raise exceptions.CommandError(
                '%d changes are more than one preview takes' % len(changes))
        return shown(client.preview([batch.operation(one)
                                     for one in changes]))


class Groups(columns.FormattableColumn):
    """Groups of an effect, a line for each."""

    def human_readable(self):
        return '\n'.join(
            '%d of project %s: %s instead of %s' % (
                group['instances'], group['project_id'],
                group['after'] or 'no console',
                group['before'] or 'no console') for group in self._value)


def shown(impact):
    """The impact of the API as ShowOne wants it; None: nothing changes."""
    names = ['instances', 'domain_unknown', 'open_another_type',
             'lose_every_console', 'by_project']
    if impact is None:
        return names, [None, None, 0, 0, Groups([])]
    other, none = impact['other_type'], impact['no_console']
    return names, [
        impact['instances'], impact['domain_unknown'], other['instances'],
        none['instances'], Groups(none['by_project'] + other['by_project'])]
