# SPDX-License-Identifier: Apache-2.0
"""Columns: JSON and YAML get the value, people get a text."""

from cliff import columns

from osc_console_policy import fields


class ConsoleTypes(columns.FormattableColumn):
    """Console types in their order (osc-lib's ListColumn would sort them)."""

    def human_readable(self):
        return ', '.join(self._value)


class Fields(columns.FormattableColumn):
    """The fields of a policy; None when there is none."""

    def human_readable(self):
        return fields.summary(self._value) or ''


class Denied(columns.FormattableColumn):
    """The denied types of a resolution, with who denied them and why."""

    def human_readable(self):
        return '\n'.join(
            '%s: %s' % (entry['type'], ', '.join(
                _denier(denier) for denier in entry['denied_by']))
            for entry in self._value)


class KnownUnavailable(columns.FormattableColumn):
    """The types of a resolution that were not there when last tried."""

    def human_readable(self):
        return '\n'.join('%s (seen at %s)' % (entry['type'], entry['seen_at'])
                         for entry in self._value)


class Explanation(columns.FormattableColumn):
    """The explanation of a resolution, a line for each scope."""

    def human_readable(self):
        lines = [_step(step) for step in self._value['scopes']]
        lines += ['%s is not offered: %s' % (
            entry['type'], entry['why'].replace('_', ' '))
            for entry in self._value['not_offered']]
        lines += self._value.get('notes', [])
        return '\n'.join(lines)


def _named(entry):
    ids = [entry[key] for key in ('domain_id', 'user_id', 'instance_id')
           if entry.get(key)]
    if not ids and entry.get('project_id'):
        ids = [entry['project_id']]
    return ' '.join([entry['scope']] + ids)


def _denier(entry):
    reason = entry.get('reason')
    return _named(entry) + (' (%s)' % reason if reason else '')


def _step(step):
    text = '%s: %s' % (_named(step), step['state'])
    if step['policy']:
        text += ': ' + fields.summary(step['policy'])
    for key, words in (('newly_denied', 'denies'),
                       ('given_back', 'gives back'),
                       ('placed', 'places')):
        if step[key]:
            text += ' -> %s %s' % (words, ', '.join(step[key]))
    return text
