# SPDX-License-Identifier: Apache-2.0
"""Whether a value is what the API documents, as far as commands use it.

An answer that is not fails with a text instead of a traceback.
"""

from osc_console_policy import fields
from osc_console_policy import moment
from osc_console_policy import scope as scopes


def list_of(is_one):
    """A check for a list of what `is_one` accepts."""
    def is_list(value):
        return isinstance(value, list) and all(is_one(one) for one in value)
    return is_list


def is_policy(value):
    """Whether `value` is a stored policy."""
    try:
        scopes.Scope.of(value)
        return are_fields(value) and isinstance(value['revision'], int)
    except (AttributeError, KeyError, ValueError):
        return False


def are_fields(value):
    """Whether `value` has the fields of a policy."""
    if not isinstance(value, dict):
        return False
    if not all(_are_texts(value.get(name)) for name in fields.LISTS):
        return False
    try:
        if value['expires_at'] is not None:
            moment.parse(value['expires_at'])
        return _is_text_or_null(value['reason'])
    except (KeyError, TypeError, ValueError):
        return False


def is_change(value):
    """Whether `value` is a change."""
    try:
        scopes.Scope.of(value['target'])
        return (isinstance(value['revision'], int)
                and _has_texts(value, 'id', 'at', 'action', 'request_id',
                               'user_id')
                and all(value[key] is None or are_fields(value[key])
                        for key in ('before', 'after')))
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


def is_preview(value):
    """Whether `value` is a preview, as far as its impact."""
    try:
        impact = value['impact']
        return (isinstance(impact['instances'], int)
                and isinstance(impact['domain_unknown'], int)
                and all(_is_effect(impact[name])
                        for name in ('other_type', 'no_console')))
    except (KeyError, TypeError):
        return False


def _is_effect(value):
    return isinstance(value['instances'], int) and all(
        _has_texts(group, 'project_id') and isinstance(
            group['instances'], int)
        and all(_is_text_or_null(group[key]) for key in ('before', 'after'))
        for group in value['by_project'])


def is_operation_result(value):
    """Whether `value` is the result of one operation of a batch."""
    try:
        scopes.Scope.of(value['target'])
        return (value['action'] in ('create', 'update', 'delete')
                and isinstance(value['revision'], int))
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


def is_resolution(value):
    """Whether `value` is a resolution."""
    try:
        return (_are_texts(value['consoles'])
                and isinstance(value['revision'], int)
                and all(_is_denied(entry) for entry in value['denied'])
                and all(_has_texts(entry, 'type', 'seen_at')
                        for entry in value.get('known_unavailable', ()))
                and _are_texts(value.get('known_available', []))
                and ('explanation' not in value
                     or _is_explanation(value['explanation'])))
    except (AttributeError, KeyError, TypeError):
        return False


def is_availability(value):
    """Whether `value` is what was seen of one type on one instance."""
    try:
        return (_has_texts(value, 'type', 'status', 'instance_updated',
                           'host_id', 'seen_at')
                and all(value.get(key) is None or isinstance(value[key], int)
                        for key in ('nova_status', 'milliseconds')))
    except AttributeError:
        return False


def is_listed_availability(value):
    """Whether `value` is such a one in a list, with its instance."""
    return (is_availability(value)
            and _has_texts(value, 'project_id', 'instance_id'))


def is_availability_of_instance(value):
    """Whether `value` is all that was seen on one instance."""
    return (isinstance(value, dict)
            and list_of(is_availability)(value.get('types')))


def is_count(value):
    """Whether `value` counts what was seen on one host."""
    try:
        return (_has_texts(value, 'project_id', 'host_id', 'type')
                and all(isinstance(value.get(key), int)
                        for key in ('opened', 'unavailable')))
    except AttributeError:
        return False


def _is_denied(entry):
    return (isinstance(entry['type'], str)
            and all(isinstance(denier['scope'], str)
                    for denier in entry['denied_by']))


def _is_explanation(value):
    return (all(_has_texts(step, 'scope', 'state')
                and (step['policy'] is None or are_fields(step['policy']))
                and all(_are_texts(step[key]) for key in (
                    'newly_denied', 'given_back', 'placed'))
                for step in value['scopes'])
            and all(_has_texts(entry, 'type', 'why')
                    for entry in value['not_offered'])
            and _are_texts(value.get('notes', [])))


def _has_texts(value, *keys):
    return all(isinstance(value.get(key), str) for key in keys)


def _is_text_or_null(value):
    return value is None or isinstance(value, str)


def _are_texts(value):
    return (isinstance(value, list)
            and all(isinstance(text, str) for text in value))
