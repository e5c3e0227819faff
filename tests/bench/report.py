#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the figures of FOLDER into README.md, each floor with whether it holds, and their plots beside it.

usage: tests/bench/report.py FOLDER
"""

import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plot  # noqa: E402

import floors  # noqa: E402
import profile_report  # noqa: E402
import readme  # noqa: E402

HERE = pathlib.Path(__file__).parent
OURS, BEAST = 'console-policyd', 'bare Beast'
STORES = {'sqlite': 'SQLite', 'galera': 'MariaDB Galera'}
matplotlib.rcParams['svg.hashsalt'] = 'bench'  # the same figures, the same bytes


def median(rounds, key='rate'):
    return statistics.median(figures[key] for figures in rounds)


def ratio(ours, theirs, key='rate'):
    """Median and spread over the rounds of the ratio within each round."""
    ratios = [a[key] / b[key] for a, b in zip(ours, theirs)]
    return f'{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})'


def setup():
    def version(command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).strip().splitlines()[0]
    cpu = re.search(r'model name\s*: (.*)', pathlib.Path('/proc/cpuinfo').read_text()).group(1)
    debian = pathlib.Path('/etc/debian_version').read_text().strip()
    return (f'{os.cpu_count()} cores of {cpu}, Linux {os.uname().release.split("-")[0]}, Debian {debian}; '
            f'{version(["nginx", "-v"])}, {version(["etcd", "--version"])}, uWSGI {version(["uwsgi", "--version"])}. '
            'wrk generates the load with one thread on the same machine. All servers run at the same time and are '
            'asked in turns within each round. Read the ratios: each is the median, over the rounds, of the ratio of '
            'two figures of one round.')


def swing(rounds):
    """The distance between the slowest and the fastest round of one server, relative to the median."""
    rates = [figures['rate'] for figures in rounds]
    return f'{(max(rates) - min(rates)) / statistics.median(rates):.0%}'


def answers(found):
    figures, memory, sizes = found['figures'], found['memory'], found['bytes']
    ours = figures[OURS]['32']
    busiest = max(median(by['32'], 'wrk') * median(by['32']) / 1e6 for by in figures.values())
    lines = [f'### Answers, 32 kept connections, {len(ours)} rounds', '',
             'Every server gets the same token, and all but etcd and Cerbos the same path. On the wire an answer of '
             f'console-policyd has {sizes[OURS]} bytes, one of bare Beast {sizes[BEAST]}. Over the rounds the rate of '
             f'console-policyd varied by {swing(ours)} and that of bare Beast by {swing(figures[BEAST]["32"])}: '
             f'other work on the machine. With the fastest server wrk used {busiest:.0%} of one core.', '',
             '| server | requests/s | console-policyd to it (min to max) | CPU us a request | wrk\'s own us '
             '| p50 us | p99 us | p99, console-policyd to it | peak MiB |', '|---|---|---|---|---|---|---|---|---|']
    for name, by_connections in figures.items():
        rounds = by_connections['32']
        peak = f'{memory[name]:.0f}' if name in memory else ''
        lines.append(f'| {name} | {median(rounds):,.0f} | {ratio(ours, rounds)} | {median(rounds, "cpu"):.1f} '
                     f'| {median(rounds, "wrk"):.1f} | {median(rounds, "p50"):.0f} | {median(rounds, "p99"):.0f} '
                     f'| {ratio(ours, rounds, "p99")} | {peak} |')
    counts = list(figures[OURS])
    others = ', '.join(f'{len(by)} with {count}' for count, by in figures[OURS].items())
    lines += ['', f'Requests/s (p99 in us) by the number of connections (rounds: {others}):', '',
              '| server | ' + ' | '.join(counts) + ' |', '|---' * (len(counts) + 1) + '|']
    for name, by_connections in figures.items():
        cells = [f'{median(by_connections[c]):,.0f} ({median(by_connections[c], "p99"):.0f})' for c in counts]
        lines.append(f'| {name} | ' + ' | '.join(cells) + ' |')
    draw('answers.svg', 'connections', 'requests a second',
         {name: {int(c): by_connections[c] for c in counts} for name, by_connections in figures.items()})
    return lines + ['', '![throughput and p99 over connections](answers.svg)', '']


def writes(found):
    lines = ['### Durable policy writes', '', '| store, clients | writes/s | CPU us a write | p99 ms '
             '| syncs/s of the disk |', '|---|---|---|---|---|']
    for store, figures in found.items():
        for clients, rounds in figures['writes'].items():
            lines.append(f'| {STORES[store]}, {clients} | {median(rounds):,.0f} | {median(rounds, "cpu"):.0f} '
                         f'| {median(rounds, "p99") / 1e3:.1f} | {statistics.median(figures["syncs"]):,.0f} |')
    return lines + ['', 'On Galera, the processor time is the daemon\'s, without that of the three nodes.', '']


def scale(found):
    sizes = list(found)

    def mid(size, pick):
        return statistics.median(pick(r) for r in found[size])

    def turns(size):
        return [figures for r in found[size] for figures in r['resolutions']]

    lines = [f'### By the number of policies, {len(found[sizes[0]])} rounds', '',
             'Policies of instances, and 10,000 of projects; each has its row in the change log.', '',
             '| policies of instances | ' + ' | '.join(f'{int(size):,}' for size in sizes) + ' |',
             '|---' * (len(sizes) + 1) + '|']

    def row(title, text):
        lines.append(f'| {title} | ' + ' | '.join(text(size) for size in sizes) + ' |')
    row('resolutions/s', lambda s: f'{median(turns(s)):,.0f}')
    row(f'to that with 10 ({len(turns(sizes[0]))} turns)', lambda s: ratio(turns(s), turns(sizes[0])))
    row('p99, us', lambda s: f'{median(turns(s), "p99"):.0f}')
    row('start to the first resolution by a stored policy, s', lambda s: f'{mid(s, lambda r: r["start"]):.2f}')
    row('resident after the resolutions, MiB', lambda s: f'{mid(s, lambda r: r["memory"]):.0f}')
    row('peak, lists and writes included, MiB', lambda s: f'{mid(s, lambda r: r["peak"]):.0f}')
    row('durable writes/s, 32 clients', lambda s: f'{mid(s, lambda r: r["writes"]["rate"]):,.0f}')
    row('page of 1,000: first, last, worst, ms', lambda s: ', '.join(
        f'{mid(s, lambda r: r["pages"][which]):.0f}' for which in ('first', 'last', 'worst')))
    row('database, MiB', lambda s: f'{mid(s, lambda r: r["bytes"]) / 2**20:,.0f}')
    draw('scale.svg', 'policies of instances', 'resolutions a second', {OURS: {int(s): turns(s) for s in sizes}})
    return lines + ['', '![throughput and p99 over stored policies](scale.svg)', '']


def availability(found):
    few, many = found
    lines = ['### Lists of observations', '',
             f'| page of 1,000 rows, median (worst), ms | {few["observations"]:,} observations '
             f'| {many["observations"]:,} |', '|---|---|---|']
    for name in few['lists']:
        cells = [f'{of["lists"][name]["median"]:.1f} ({of["lists"][name]["worst"]:.1f})' for of in found]
        lines.append(f'| {name} | {cells[0]} | {cells[1]} |')
    return lines + [f'| database, MiB | {few["bytes"] / 2**20:,.0f} | {many["bytes"] / 2**20:,.0f} |', '']


def draw(name, x_label, y_label, curves):
    """Rate and p99: {label: {x: rounds}}."""
    _, (rates, tails) = plot.subplots(1, 2, figsize=(11, 4.2))
    for label, points in curves.items():
        for axis, key in ((rates, 'rate'), (tails, 'p99')):
            axis.plot(list(points), [median(rounds, key) for rounds in points.values()], marker='o', label=label)
    for axis, label in ((rates, y_label), (tails, 'p99, us')):
        axis.set_xscale('log')
        axis.set_ylim(bottom=0)
        axis.set_xlabel(x_label)
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    rates.legend(fontsize=7)
    plot.tight_layout()
    plot.savefig(HERE / name, metadata={'Date': None})
    plot.close()


def main():
    folder = pathlib.Path(sys.argv[1])

    def read(name):
        path = folder / f'{name}.json'
        return json.loads(path.read_text('utf-8')) if path.exists() else None

    found = {name: read(name) for name in ('answers', 'scale', 'availability')}
    found['writes'] = {store: figures for store in STORES if (figures := read(f'writes-{store}'))}
    found['profile'] = {store: figures for store in STORES if (figures := read(f'profile-{store}'))}
    lines = ['## Figures', '', setup(), '', *floors.table(found)]
    for name, write in (('answers', answers), ('writes', writes), ('scale', scale), ('availability', availability)):
        if found[name]:
            lines += write(found[name])
    readme.replace_section('figures', 'report.py', lines)
    readme.replace_section('profile', 'report.py', profile_report.section(found['profile']))


if __name__ == '__main__':
    main()
