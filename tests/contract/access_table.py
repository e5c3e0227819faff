# SPDX-License-Identifier: Apache-2.0
"""The access table of the README's security section, as the tests read it."""

import re
from dataclasses import dataclass

from promise import ROOT

HEADING = '### Who may do what'
ROUTE = re.compile(r'([A-Z]+(?: [A-Z]+)*) `(/[^`?]*)(\?[a-z_]+=)?`(?: with `([a-z]+)`)?')
ALLOWED = {'all', 'own', 'yes', 'no'}


@dataclass(frozen=True)
class Row:
    """One line of the table, for one method."""
    method: str
    path: str  # the template
    parameter: str  # of the query that the row is about; empty for none
    field: str  # of the policy that the row is about; empty for none
    cells: dict  # what each persona may

    @property
    def operation(self):
        return self.method, self.path

    def __str__(self):
        return f'{self.method} {self.path}' + (f'?{self.parameter}=' if self.parameter else '') + (
            f' with {self.field}' if self.field else '')


def rows():
    """Every row. ValueError for a line that cannot be read."""
    section = (ROOT / 'README.md').read_text(encoding='utf-8').partition(HEADING)[2]
    lines = [line for line in section.partition('\n#')[0].splitlines() if line.startswith('|')]
    header, _, *body = [[cell.strip() for cell in line.strip('|').split('|')] for line in lines]
    for first, *cells in body:
        route = ROUTE.fullmatch(first)
        if route is None or len(cells) != len(header) - 1 or not set(cells) <= ALLOWED:
            raise ValueError(f'README.md, {HEADING}: {first}: {cells}')
        methods, path, parameter, field = route.groups()
        for method in methods.split():
            yield Row(method, path, (parameter or '').strip('?='), field or '', dict(zip(header[1:], cells)))
