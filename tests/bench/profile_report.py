#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the figures of the real profile into README.md, and their plots beside it.

usage: tests/bench/profile_report.py FOLDER      with profile-sqlite.json, profile-galera.json, or both
"""

import json
import os
import pathlib
import sys

import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plot  # noqa: E402

import profile_figures  # noqa: E402
import readme  # noqa: E402

HERE = pathlib.Path(__file__).parent
STORES = ('sqlite', 'galera')
matplotlib.rcParams['svg.hashsalt'] = 'bench'  # the same figures, the same bytes


def draw(found, path):
    """p99 and failures of each second, the outage shaded."""
    _, (tails, failures) = plot.subplots(2, 1, figsize=(11, 6), sharex=True, height_ratios=(3, 1))
    for kind, points in found['by_second'].items():
        seconds, p99, failed = zip(*points)
        tails.plot(seconds, p99, label=f'{kind}s', linewidth=1)
        failures.plot(seconds, failed, linewidth=1)
    for axis in (tails, failures):
        axis.axvspan(found['phases']['outage']['begin'], found['phases']['outage']['end'], color='0.88')
        axis.axvline(found['phases']['profile']['begin'], color='0.6', linestyle=':')
        axis.grid(alpha=0.3)
    tails.set_yscale('log')
    tails.set_ylabel('p99 of each second, ms')
    tails.set_title(f'{found["store"]}: quiet, profile from the dotted line, outage shaded, recovered', fontsize=10)
    tails.legend(fontsize=8)
    failures.set_ylabel('failures a second')
    failures.set_xlabel('seconds')
    plot.tight_layout()
    plot.savefig(path, metadata={'Date': None})
    plot.close()


def section(folder):
    lines = ['## The real profile', '', f'{os.cpu_count()} cores, shared by the daemon, the load generator and, for '
             'MariaDB, the three nodes. Latency counts from the scheduled time of a request.', '']
    for store in STORES:
        path = folder / f'profile-{store}.json'
        if path.exists():
            found = json.loads(path.read_text('utf-8'))
            image = f'profile-{store}.svg'
            draw(found, HERE / image)
            lines += [f'### {found["store"]}, {found["instances"]:,} instances, {found["seconds"]} s a phase', '',
                      *profile_figures.lines_of(found), '', f'![p99 of each second on {found["store"]}]({image})', '']
    return lines


if __name__ == '__main__':
    readme.replace_section('profile', 'profile_report.py', section(pathlib.Path(sys.argv[1])))
