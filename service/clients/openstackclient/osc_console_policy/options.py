# SPDX-License-Identifier: Apache-2.0
"""Options that several commands have, and what they come to."""

import argparse

from osc_lib import exceptions

from osc_console_policy import fields
from osc_console_policy import moment
from osc_console_policy import naming
from osc_console_policy import scope as scopes

_TYPES = ', '.join(fields.CONSOLE_TYPES)


def add_scope(parser, required=True):
    """Add the options that name a scope."""
    group = parser.add_argument_group(
        'scope', 'Whose policy; one of --cloud, --domain, --project, --user '
        'and --instance%s' % ('' if required else ', or none'))
    group.add_argument('--cloud', action='store_true',
                       help='The whole cloud')
    group.add_argument('--domain', metavar='<domain>', type=name_or_id,
                       help='Domain (name or ID)')
    add_project(group, 'Project (name or ID); with --instance, the project '
                'the instance is in, and Nova is not asked')
    add_user(group, 'User (name or ID)')
    add_instance(group)


def add_project(group, text):
    """Add --project and --project-domain."""
    group.add_argument('--project', metavar='<project>', type=name_or_id,
                       help=text)
    group.add_argument('--project-domain', metavar='<project-domain>',
                       type=name_or_id,
                       help='Domain the project is in (name or ID)')


def add_user(group, text):
    """Add --user and --user-domain."""
    group.add_argument('--user', metavar='<user>', type=name_or_id, help=text)
    group.add_argument('--user-domain', metavar='<user-domain>',
                       type=name_or_id,
                       help='Domain the user is in (name or ID)')


def add_instance(group, required=False):
    """Add --instance."""
    group.add_argument('--instance', metavar='<server>', type=name_or_id,
                       required=required, help='Instance (name or ID)')


def add_kind(parser, what):
    """Add --scope."""
    parser.add_argument('--scope', choices=list(scopes.KINDS),
                        help='Only %s of this kind of scope' % what)


def add_policy_filters(parser):
    """Add the options that choose among all policies."""
    add_kind(parser, 'policies')
    add_project(parser, 'Only the policies of this project and of its '
                'instances (name or ID)')


def add_limit(parser):
    """Add --limit."""
    parser.add_argument('--limit', metavar='<number>', type=positive,
                        help='List so many at most (default: all)')


def add_long(parser):
    """Add --long."""
    parser.add_argument('--long', action='store_true',
                        help='List additional fields')


def add_names(parser):
    """Add --names."""
    parser.add_argument('--names', action='store_true',
                        help='Show names from Keystone as well, as far as '
                        'you may read them')


def scope(parsed_args, client_manager):
    """The scope that the options name, None when they name none.

    :raises CommandError: they name more than one, or one that is not there
    """
    given = [kind for kind in scopes.KINDS if getattr(parsed_args, kind)]
    if 'instance' in given and 'project' in given:
        given.remove('project')
    if not given:
        return None
    if len(given) > 1:
        raise exceptions.CommandError('Only one of %s may be given' % (
            ' and '.join('--' + kind for kind in given)))
    kind, names = given[0], naming.Names(client_manager)
    if kind == 'cloud':
        return scopes.Scope('cloud')
    if kind == 'domain':
        return scopes.Scope(
            'domain', domain_id=names.domain(parsed_args.domain))
    if kind == 'user':
        return scopes.Scope('user', user_id=names.user(
            parsed_args.user, parsed_args.user_domain))
    project_id, instance_id = project_and_instance(parsed_args, names)
    return scopes.Scope(
        kind, project_id=project_id, instance_id=instance_id)


def required_scope(parsed_args, client_manager):
    """As `scope`, and an error when the options name none."""
    found = scope(parsed_args, client_manager)
    if found is None:
        raise exceptions.CommandError(
            'Whose policy? Give one of --cloud, --domain, --project, --user '
            'and --instance')
    return found


def project(parsed_args, names):
    """The id of the project, None when none is named."""
    return parsed_args.project and names.project(
        parsed_args.project, parsed_args.project_domain)


def project_and_instance(parsed_args, names):
    """The ids of the project and of the instance; None for what is not."""
    project_id = project(parsed_args, names)
    if not parsed_args.instance:
        return project_id, None
    return names.instance(parsed_args.instance, project_id)


def add_fields(parser):
    """Add the options with the fields of a policy."""
    for name, text in (
            ('prefer', 'Console type to try, in this order'),
            ('deny', 'Console type to deny, or ALL'),
            ('allow', 'Console type to give back that a broader scope '
             'denies')):
        parser.add_argument(
            '--' + name, metavar='<type>', type=console_types,
            action='append',
            help='%s: one of %s; repeat it, or give several with commas'
            % (text, _TYPES))
    parser.add_argument('--reason', metavar='<text>',
                        help='Why, for the people whom it concerns')
    end = parser.add_mutually_exclusive_group()
    end.add_argument(
        '--expires-at', metavar='<time>', type=expires_at,
        help='When the policy ends: ISO 8601, in UTC if it has no offset')
    end.add_argument(
        '--expires-in', metavar='<span>', type=expires_in, dest='expires_at',
        help='After how long it ends, such as 90m, 4h, 1d12h or 2w')


def given_fields(parsed_args):
    """The fields that the options give; lists are joined."""
    given = {}
    for name in fields.FIELDS:
        value = getattr(parsed_args, name)
        if value is not None:
            given[name] = (sum(value, []) if name in fields.LISTS
                           else value)
    return given


def console_types(text):
    """Console types with commas between them, in any case."""
    types = [part.strip().upper() for part in text.split(',')]
    if not all(types):
        raise argparse.ArgumentTypeError('%r: a type is empty' % text)
    return types


def expires_at(text):
    """A time, as the API takes it."""
    try:
        return moment.text(moment.parse(text))
    except ValueError:
        raise argparse.ArgumentTypeError(
            '%r is not a time such as 2026-12-01T18:00:00Z' % text)


def expires_in(text):
    """The time that lies a span from now, as the API takes it."""
    try:
        start = moment.now().replace(microsecond=0)
        return moment.text(moment.after(text, start))
    except ValueError:
        raise argparse.ArgumentTypeError(
            '%r is not a span such as 90m, 4h, 1d12h or 2w' % text)


def time_or_age(text):
    """A time, or how long ago it was, as the API takes it."""
    try:
        return moment.text(moment.before(text, moment.now()))
    except ValueError:
        pass
    try:
        return moment.text(moment.parse(text))
    except ValueError:
        raise argparse.ArgumentTypeError(
            '%r is neither a time such as 2026-12-01T18:00:00Z nor a span '
            'such as 90m, 4h, 1d12h or 2w' % text)


def name_or_id(text):
    """A name or an ID.

    An empty one is what a script has of a variable that is not set; taken
    as an option that was not given, it would widen what is asked for.
    """
    if not text:
        raise argparse.ArgumentTypeError('a name or an ID is wanted')
    return text


def positive(text):
    """A whole number above 0."""
    if not (text.isdecimal() and text.isascii() and int(text) > 0):
        raise argparse.ArgumentTypeError('%r is not a number above 0' % text)
    return int(text)
