# SPDX-License-Identifier: Apache-2.0
"""The real profile's section of README.md, and its plots."""

import os
import pathlib

import matplotlib.pyplot as plot

import profile_figures

HERE = pathlib.Path(__file__).parent


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


def section(found):
    """Lines of Markdown from {store: figures}."""
    lines = ['## The real profile', '', f'{os.cpu_count()} cores, shared by the daemon, the load generator and, for '
             'MariaDB Galera, the three nodes. Latency counts from the scheduled time of a request.', '']
    for store, figures in found.items():
        image = f'profile-{store}.svg'
        draw(figures, HERE / image)
        lines += [f'### {figures["store"]}, {figures["instances"]:,} instances, {figures["seconds"]} s a phase', '',
                  *profile_figures.lines_of(figures), '', f'![p99 of each second on {figures["store"]}]({image})', '']
    return lines
