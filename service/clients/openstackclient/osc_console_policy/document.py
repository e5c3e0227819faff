# SPDX-License-Identifier: Apache-2.0
"""The file that `export` writes and `apply` reads.

    version: 1
    filter: {project_id: b1946ac92492d2347c6235b4d2611184}
    policies:
      - scope: project
        project_id: b1946ac92492d2347c6235b4d2611184
        prefer: [VNC]

`filter` selects the policies that the file lists completely ({}: all);
`apply --prune` needs it. A key in it has a value: an empty one, as a template
leaves it of a variable that is not set, does not choose everything, but is
wrong. Errors have file, line and column.
"""

import dataclasses
import typing

import yaml

from osc_console_policy import fields
from osc_console_policy import scope as scopes
from osc_console_policy import yaml_reader

VERSION = '1'
FILTERS = ('scope', 'project_id')
MAX_BYTES = 16 * 1024 * 1024


@dataclasses.dataclass
class Entry:
    """One policy of a file, and where it stands."""

    scope: scopes.Scope
    says: dict
    place: str


@dataclasses.dataclass
class Document:
    """A file. `filter` is None when the file declares none."""

    filter: typing.Optional[dict]
    entries: typing.List[Entry]


def chosen(scope, filters):
    """Whether the list that `filters` choose has `scope`."""
    return (filters.get('scope') in (None, scope.kind)
            and filters.get('project_id') in (None, scope.project_id))


def text(policies, filters):
    """A file with these policies of the API, broad to narrow."""
    entries = []
    for policy in sorted(policies, key=lambda p: scopes.Scope.of(p).order):
        scope = scopes.Scope.of(policy)
        entries.append({'scope': scope.kind, **scope.ids(),
                        **fields.request(fields.said(policy))})
    return yaml.dump(
        {'version': int(VERSION), 'filter': filters, 'policies': entries},
        Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=79)


def parse(content, name):
    """The document in the bytes `content` of the file `name`.

    :raises CommandError: with a line for each thing that is wrong
    """
    reader = yaml_reader.Reader(name)
    root = reader.root(content, MAX_BYTES)
    known = reader.mapping(root, ('version', 'filter', 'policies'),
                           ('version', 'policies'))
    filters = None
    if 'version' in known and reader.text(known['version']) != VERSION:
        reader.wrong(known['version'], 'version: %s is wanted' % VERSION)
    if 'filter' in known:
        filters = _filter(reader, known['filter'])
    entries = _entries(reader, known.get('policies'), filters or {})
    reader.finish()
    return Document(filters, entries)


class _Dumper(yaml.SafeDumper):
    """Indents lists; lists of console types stay on one line."""

    def increase_indent(self, flow=False, indentless=False):
        return super().increase_indent(flow, False)


def _represent_list(dumper, value):
    flow = all(isinstance(item, str) for item in value)
    return dumper.represent_sequence(
        'tag:yaml.org,2002:seq', value, flow_style=flow)


_Dumper.add_representer(list, _represent_list)


def _filter(reader, node):
    known = reader.mapping(node, FILTERS, ())
    filters = {key: reader.text(value) for key, value in known.items()}
    if 'scope' in known and filters['scope'] not in scopes.KINDS:
        reader.wrong(known['scope'], 'scope: one of %s is wanted'
                     % ', '.join(scopes.KINDS))
    if 'project_id' in known and not scopes.is_id(
            'project_id', filters['project_id'] or ''):
        reader.wrong(known['project_id'], 'project_id: not an ID')
    return filters


def _entries(reader, node, filters):
    entries, places = [], {}
    for item in reader.sequence(node):
        known = reader.mapping(
            item, ('scope',) + scopes.ID_FIELDS + fields.FIELDS, ('scope',))
        scope = _scope(reader, item, known)
        if scope is None:
            continue
        if scope in places:
            reader.wrong(item, '%s stands at line %d already' % (
                scope, places[scope]))
            continue
        places[scope] = item.start_mark.line + 1
        if not chosen(scope, filters):
            reader.wrong(item, '%s is not within the filter of this file'
                         % scope)
        says = _says(reader, item, known, scope)
        entries.append(Entry(scope, says, reader.place(item)))
    return entries


def _scope(reader, item, known):
    """The scope of an entry, None when it is wrong (and told)."""
    if 'scope' not in known:
        return None
    kind = reader.text(known['scope'])
    if kind not in scopes.KINDS:
        reader.wrong(known['scope'], 'scope: one of %s is wanted'
                     % ', '.join(scopes.KINDS))
        return None
    ids = {}
    for field in scopes.ID_FIELDS:
        wanted = field in scopes.KINDS[kind]
        if wanted and field not in known:
            reader.wrong(item, '%s: is missing' % field)
        elif field in known and not wanted:
            reader.wrong(known[field], '%s: a policy of scope %s has none'
                         % (field, kind))
        elif wanted:
            value = reader.text(known[field])
            if not scopes.is_id(field, value or ''):
                reader.wrong(known[field], '%s: not an ID' % field)
            else:
                ids[field] = value
    if len(ids) != len(scopes.KINDS[kind]):
        return None
    return scopes.Scope(kind, **ids)


def _says(reader, item, nodes, scope):
    """The policy of an entry; what may not be stored is reported."""
    says = fields.nothing()
    for field in fields.LISTS:
        if field in nodes:
            says[field] = _types(reader, field, nodes[field])
    for field in fields.TEXTS:
        if field in nodes:
            says[field] = reader.text(nodes[field])
    for field, problem in fields.problems(says, scope.kind):
        reader.wrong(nodes.get(field, item), problem)
    return says


def _types(reader, field, node):
    types = []
    for item in reader.sequence(node):
        name = reader.text(item)
        allowed = fields.CONSOLE_TYPES + (
            ('ALL',) if field == 'deny' else ())
        if name not in allowed:
            reader.wrong(item, '%s: no such console type: %s' % (
                field, name))
        elif name in types:
            reader.wrong(item, '%s: %s stands there twice' % (field, name))
        else:
            types.append(name)
    return types
