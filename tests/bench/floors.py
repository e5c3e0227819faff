# SPDX-License-Identifier: Apache-2.0
"""The floors of the performance budget, each beside the figure and whether it holds."""

import statistics

import profile_figures

OURS = 'console-policyd'


def ratio(ours, theirs, key='rate'):
    return statistics.median(a[key] / b[key] for a, b in zip(ours, theirs))


def text(value, unit):
    return f'{value:,.2f}'.rstrip('0').rstrip('.') + unit


def at_least(figure, value, floor, unit=''):
    return figure, f'at least {text(floor, unit)}', text(value, unit), value >= floor


def at_most(figure, value, floor, unit=''):
    return figure, f'at most {text(floor, unit)}', text(value, unit), value <= floor


def of_answers(found):
    figures = {name: by_connections['32'] for name, by_connections in found['figures'].items()}
    ours = figures[OURS]
    yield at_least('resolutions/s, to bare Beast', ratio(ours, figures['bare Beast']), 0.8)
    yield at_most('p99 of a resolution, to bare Beast', ratio(ours, figures['bare Beast'], 'p99'), 1.6)
    yield at_least('over TLS, to bare Beast without TLS', ratio(figures[f'{OURS}, TLS'], figures['bare Beast']), 0.65)
    for name, title, floor in (('etcd', 'etcd\'s GET', 1.2), ('bare WSGI', 'bare WSGI', 3),
                               ('cerbos', 'a decision of Cerbos', 9)):
        if name in figures:
            yield at_least(f'resolutions/s, to {title}', ratio(ours, figures[name]), floor)


def of_scale(found):
    def turns(size):
        return [figures for r in found[size] for figures in r['resolutions']]

    def mid(size, key):
        return statistics.median(r[key] for r in found[size])
    few, many = '10', '1000000'
    if few in found and many in found:
        yield at_least('resolutions/s, 1,000,000 policies to 10', ratio(turns(many), turns(few)), 0.85)
        yield at_most('resident with 1,000,000 policies', mid(many, 'memory'), 350, ' MiB')
        yield at_most('start with 1,000,000 policies', mid(many, 'start'), 4, ' s')
    if '100000' in found:
        yield at_most('start with 100,000 policies', mid('100000', 'start'), 0.5, ' s')


def of_writes(found):
    for store, title, floor in (('sqlite', 'SQLite', 500), ('galera', 'Galera', 200)):
        if store in found:
            rate = statistics.median(r['rate'] for r in found[store]['writes']['32'])
            yield at_least(f'durable policy writes/s, 32 clients, {title}', rate, floor)


def of_profile(found):
    for figures in found.values():
        yield at_most(f'p99 of a resolution, real profile to quiet, {figures["store"]}',
                      profile_figures.p99_ratio(figures), profile_figures.MAX_RATIO)
        yield at_most(f'failed resolutions, database gone for {figures["seconds"]} s, {figures["store"]}',
                      profile_figures.failed_resolutions(figures), 0)


def table(found):
    """The lines of a Markdown table; {part: figures} may lack parts."""
    lines = ['| figure | floor | measured | |', '|---|---|---|---|']
    for part, rows in (('answers', of_answers), ('scale', of_scale), ('writes', of_writes), ('profile', of_profile)):
        if found.get(part):
            lines += [f'| {figure} | {floor} | {value} | {"holds" if holds else "**missed**"} |'
                      for figure, floor, value, holds in rows(found[part])]
    return lines + ['']
