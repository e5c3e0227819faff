# SPDX-License-Identifier: Apache-2.0
"""Writes console_open.md from the figures of console_open.py."""
import os

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'console_open.md')

HEAD = """# bench: the page with a console

Written by `tests/bench/console_open`, which keeps the figures in `console_open.json`. Milliseconds in the server
(uwsgi's) of Horizon's console-tab page, on the OpenStack of `tests/openstack`: {cores} cores, Debian 12, everything on
one machine, nothing stored (SPICE first), the user's own Keystone token. Differences are of pages of the same round;
medians, in brackets their 95 % interval (bootstrap).

"""
PAGES = """## The service well

{rounds} pages of each Horizon and instance, in turns. `vm-new` has VNC and SPICE, `vm-old` VNC only. "In the shim" is
measured by a clock in the page's own process: from Horizon's call of the shim to its answer, without what Horizon's own
code then spends on asking Nova. The question to the service is a part of it.

| | vm-new | vm-old |
|---|---|---|
"""
FAULTS = """
## The service gone wrong

`vm-old`, {rounds} times a breaker that is closed, with a page ("first") and {pages} more ("later"), each beside a page
of stock Horizon. "In the shim" of the first page is the longest of the {rounds}.

| the service | first page - stock | in the shim | later pages - stock | in the shim | longest | opens |
|---|---|---|---|---|---|---|
"""


def _range(summary, form='%+.0f'):
    return (form + ' (' + form + ' to ' + form + ')') % tuple(summary)


def _pages(pages):
    rows = [pages['vm-new'], pages['vm-old']]
    for which, title in (('stock', 'stock'), ('shim', 'with the shim'), ('SPICE first', 'SPICE first in the source')):
        yield [title] + ['%d, opens %s' % (row[which]['ms'], row[which]['opens']) for row in rows]
    for which in ('shim - stock', 'shim - SPICE first'):
        yield [which] + [_range(row[which]) for row in rows]
    for which in ('in the shim', 'the question'):
        yield [which] + [_range(row[which], '%.1f') for row in rows]
    yield ['longest in the shim'] + ['%.1f' % row['worst in the shim'] for row in rows]


def _faults(faults):
    for how, row in faults.items():
        yield [how, '%+d' % row['first'], '%.1f' % row['first, in the shim'], _range(row['later']),
               _range(row['later, in the shim'], '%.1f'), '%.1f' % row['later, worst in the shim'], row['opens']]


def write(figures):
    """The page's text, also written to its file."""
    text = HEAD.format(cores=figures['cores'])
    if 'pages' in figures:
        text += PAGES.format(rounds=figures['rounds'])
        text += ''.join('| %s |\n' % ' | '.join(row) for row in _pages(figures['pages']))
    if 'faults' in figures:
        text += FAULTS.format(rounds=figures['fault_rounds'], pages=figures['fault_pages'])
        text += ''.join('| %s |\n' % ' | '.join(row) for row in _faults(figures['faults']))
    with open(OUT, 'w') as out:
        out.write(text)
    return text
