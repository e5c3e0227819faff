#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the figures of peers.py and scale.py into README.md, and their plots beside it.

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

HERE = pathlib.Path(__file__).parent
README = HERE / 'README.md'
BEGIN, END = '<!-- figures: written by report.py -->\n', '<!-- end of figures -->\n'
OURS, BEAST = 'console-policyd', 'bare Beast'
matplotlib.rcParams['svg.hashsalt'] = 'bench'  # the same figures, the same bytes


def median(rounds, key='rate'):
    return statistics.median(figures[key] for figures in rounds)


def ratio(ours, theirs, key='rate'):
    """Median and spread over rounds, each round's two figures against each other."""
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
            'The load comes from wrk with one thread on the same machine; all servers run at the same time and are '
            'asked in turns within each round, so read the ratios: each is the median over the rounds, of the two '
            'figures of one round.')


def swing(rounds):
    """How far the rounds of one server lie apart, of their median."""
    rates = [figures['rate'] for figures in rounds]
    return f'{(max(rates) - min(rates)) / statistics.median(rates):.0%}'


def answers(found):
    figures, memory, sizes = found['figures'], found['memory'], found['bytes']
    ours = figures[OURS]['32']
    busiest = max(median(by['32'], 'wrk') * median(by['32']) / 1e6 for by in figures.values())
    lines = [f'### Answers, 32 kept connections, {len(ours)} rounds', '',
             'All are sent the same token, and but for etcd and Cerbos the same path. On the wire an answer of '
             f'console-policyd has {sizes[OURS]} bytes, one of bare Beast {sizes[BEAST]}. Over the rounds the rate of '
             f'console-policyd swung by {swing(ours)} and that of bare Beast by {swing(figures[BEAST]["32"])}: what '
             f'other work the machine had. At the fastest server wrk took {busiest:.0%} of one core.', '',
             '| server | requests/s | console-policyd to it (min to max) | us of processor a request | wrk\'s own us '
             '| p50 us | p99 us | p99, console-policyd to it | peak MiB |', '|---|---|---|---|---|---|---|---|---|']
    for name, by_connections in figures.items():
        rounds = by_connections['32']
        lines.append(f'| {name} | {median(rounds):,.0f} | {ratio(ours, rounds)} | {median(rounds, "cpu"):.1f} '
                     f'| {median(rounds, "wrk"):.1f} | {median(rounds, "p50"):.0f} | {median(rounds, "p99"):.0f} '
                     f'| {ratio(ours, rounds, "p99")} | {memory[name]:.0f} |')
    counts = list(figures[OURS])
    others = ', '.join(f'{len(by)} with {count}' for count, by in figures[OURS].items())
    lines += ['', f'Requests/s (p99 in us) by the number of connections (rounds: {others}):', '',
              '| server | ' + ' | '.join(counts) + ' |', '|---' * (len(counts) + 1) + '|']
    for name, by_connections in figures.items():
        cells = [f'{median(by_connections[c]):,.0f} ({median(by_connections[c], "p99"):.0f})' for c in counts]
        lines.append(f'| {name} | ' + ' | '.join(cells) + ' |')
    _, (rates, tails) = plot.subplots(1, 2, figsize=(11, 4.2))
    for name, by_connections in figures.items():
        for axis, key in ((rates, 'rate'), (tails, 'p99')):
            points = [median(by_connections[c], key) for c in counts]
            axis.plot([int(c) for c in counts], points, marker='o', label=name)
    finish(rates, 'requests a second', 'connections')
    finish(tails, 'p99, us', 'connections')
    rates.legend(fontsize=7)
    save('answers.svg')
    return lines + ['', '![throughput and p99 over connections](answers.svg)', '']


def durable(found):
    writes, syncs = found['writes'], [{'rate': rate} for rate in found['syncs']]
    one, many = writes['policyd 1'], writes['policyd 32']
    lines = [f'### Durable writes, TLS, and a flood of writes, {found["rounds"]} rounds', '',
             f'The disk takes {median(syncs):,.0f} syncs of 4 KiB a second, one after another; over the rounds that '
             f'swung by {swing(syncs)}.', '',
             '| | writes/s | to its own, 1 client | to the disk\'s syncs | us of processor a write | wrk\'s own us '
             '| p99 ms |', '|---|---|---|---|---|---|---|']
    for name, rounds in writes.items():
        server, clients = name.split()
        lines.append(f'| {server.replace("policyd", OURS)}, {clients} client{"s" if clients != "1" else ""} '
                     f'| {median(rounds):,.0f} | {ratio(rounds, writes[server + " 1"])} | {ratio(rounds, syncs)} '
                     f'| {median(rounds, "cpu"):.1f} | {median(rounds, "wrk"):.1f} '
                     f'| {median(rounds, "p99") / 1e3:.1f} |')
    lines += ['', f'console-policyd to etcd, 32 clients: {ratio(many, writes["etcd 32"])}, processor time a write '
              f'{ratio(many, writes["etcd 32"], "cpu")}; 1 client: {ratio(one, writes["etcd 1"])}, processor time '
              f'{ratio(one, writes["etcd 1"], "cpu")}.', '',
              '| resolutions, 32 connections | requests/s | p99 us | ratio |', '|---|---|---|---|',
              f'| plain | {median(found["plain"]):,.0f} | {median(found["plain"], "p99"):.0f} | 1 |',
              f'| TLS, kept | {median(found["tls"]):,.0f} | {median(found["tls"], "p99"):.0f} '
              f'| {ratio(found["tls"], found["plain"])} |',
              f'| nobody writes | {median(found["quiet"]):,.0f} | {median(found["quiet"], "p99"):.0f} | 1 |',
              f'| 32 clients write, {median(found["flood"]):,.0f} writes/s | {median(found["flooded"]):,.0f} '
              f'| {median(found["flooded"], "p99"):.0f} | {ratio(found["flooded"], found["quiet"])}; '
              f'p99 {ratio(found["flooded"], found["quiet"], "p99")} |', '']
    return lines


def scale(found):
    sizes = list(found)

    def mid(size, pick):
        return statistics.median(pick(r) for r in found[size])

    def turns(size, kind):
        return [figures for r in found[size] for figures in r[kind]]

    lines = [f'### By what is stored, {len(found[sizes[0]])} rounds', '',
             'So many policies of instances, and of each of 10,000 projects; each has its row in the change log.', '',
             '| policies of instances | ' + ' | '.join(f'{int(size):,}' for size in sizes) + ' |',
             '|---' * (len(sizes) + 1) + '|']

    def row(title, text):
        lines.append(f'| {title} | ' + ' | '.join(text(size) for size in sizes) + ' |')
    for kind in ('uniform', 'zipf'):
        row(f'resolutions/s, {kind}', lambda s: f'{median(turns(s, kind)):,.0f}')
        row(f'to that with 10 ({len(turns(sizes[0], kind))} turns)',
            lambda s: ratio(turns(s, kind), turns(sizes[0], kind)))
        row('p99, us', lambda s: f'{median(turns(s, kind), "p99"):.0f}')
    row('until all are in memory, s', lambda s: f'{mid(s, lambda r: r["complete"]):.1f}')
    row('resolutions/s in the second after a write', lambda s: f'{mid(s, lambda r: r["cold"]["rate"]):,.0f}')
    row('durable writes/s, 32 clients', lambda s: f'{mid(s, lambda r: r["writes"]["rate"]):,.0f}')
    row('page of 1,000: first, last, worst, ms', lambda s: ', '.join(
        f'{mid(s, lambda r: r["pages"][which]):.0f}' for which in ('first', 'last', 'worst')))
    row('start to first answer, s', lambda s: f'{mid(s, lambda r: r["start"]):.2f}')
    row('resident, idle, MiB', lambda s: f'{mid(s, lambda r: r["idle"]):.0f}')
    row('resident after the resolutions, MiB', lambda s: f'{mid(s, lambda r: r["memory"]):.0f}')
    row('peak, pages and writes included, MiB', lambda s: f'{mid(s, lambda r: r["peak"]):.0f}')
    row('database, MiB', lambda s: f'{mid(s, lambda r: r["bytes"]) / 2**20:,.0f}')
    _, (rates, tails) = plot.subplots(1, 2, figsize=(11, 4.2))
    for kind in ('uniform', 'zipf'):
        for axis, key in ((rates, 'rate'), (tails, 'p99')):
            axis.plot([int(s) for s in sizes], [median(turns(s, kind), key) for s in sizes], marker='o', label=kind)
    rates.set_ylim(bottom=0)
    tails.set_ylim(bottom=0)
    finish(rates, 'resolutions a second', 'policies of instances')
    finish(tails, 'p99, us', 'policies of instances')
    rates.legend(fontsize=8)
    save('scale.svg')
    return lines + ['', '![throughput and p99 over stored policies](scale.svg)', '']


def finish(axis, y_label, x_label):
    axis.set_xscale('log')
    axis.set_xlabel(x_label)
    axis.set_ylabel(y_label)
    axis.grid(alpha=0.3)


def save(name):
    plot.tight_layout()
    plot.savefig(HERE / name, metadata={'Date': None})
    plot.close()


def main():
    folder = pathlib.Path(sys.argv[1])
    lines = ['## Figures', '', setup(), '']
    for part, write in (('answers', answers), ('durable', durable), ('scale', scale)):
        path = folder / f'{part}.json'
        if path.exists():
            lines += write(json.loads(path.read_text()))
    text = README.read_text()
    before, after = (text.split(BEGIN)[0], text.split(END)[1]) if BEGIN in text else (text + '\n', '')
    README.write_text(before + BEGIN + '\n'.join(lines) + END + after)


if __name__ == '__main__':
    main()
