# SPDX-License-Identifier: Apache-2.0
"""The figures of the real profile: per phase and kind of request."""

import collections

import profile_load

KINDS = ('resolution', 'report', 'write', 'list')
MAX_RATIO = 3.0  # p99 of a resolution, in the profile to quiet


def percentile(ordered, percent):
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def of_requests(samples):
    """Count, failures and milliseconds; None without a request."""
    if not samples:
        return None
    took = sorted(sample.latency * 1e3 for sample in samples)
    failures = [sample for sample in samples if profile_load.failed(sample)]
    statuses = collections.Counter(str(sample.status or 'no answer') for sample in failures)
    late = sorted(sample.late * 1e3 for sample in samples)
    return {'count': len(samples), 'late': percentile(late, 99), 'failed': len(failures), 'failures': dict(statuses),
            'p50': percentile(took, 50), 'p99': percentile(took, 99), 'max': took[-1]}


def by_second(samples, began, seconds):
    """{kind: [[second, p99 in ms, failures]]}, of the seconds that have requests."""
    found = {}
    for kind in KINDS:
        seconds_of = collections.defaultdict(list)
        for sample in samples:
            if sample.kind == kind and 0 <= sample.scheduled - began < seconds:
                seconds_of[int(sample.scheduled - began)].append(sample)
        found[kind] = [[second, figures['p99'], figures['failed']]
                       for second, figures in sorted((s, of_requests(all_of)) for s, all_of in seconds_of.items())]
    return found


def summary(marks, samples):
    began = marks[0]['at']
    found = {'phases': {}, 'by_second': by_second(samples, began, marks[-1]['at'] - began)}
    for mark, after in zip(marks, marks[1:]):
        inside = [sample for sample in samples if mark['at'] <= sample.scheduled < after['at']]
        length = after['at'] - mark['at']
        used = {who: (after[who] - mark[who]) / length for who in ('daemon', 'generator', 'machine')}
        found['phases'][mark['phase']] = {
            'begin': mark['at'] - began, 'end': after['at'] - began, 'cores': used,
            **{kind: of_requests([sample for sample in inside if sample.kind == kind]) for kind in KINDS}}
    return found


def p99_ratio(found):
    return found['phases']['profile']['resolution']['p99'] / found['phases']['quiet']['resolution']['p99']


def failed_resolutions(found):
    return sum(phase['resolution']['failed'] for phase in found['phases'].values())


def lines_of(found):
    """The figures as Markdown."""
    lines = ['| phase | requests | count | failed | p50 ms | p99 ms | max ms |', '|---|---|---|---|---|---|---|']
    for phase, figures in found['phases'].items():
        for kind in KINDS:
            of = figures[kind]
            if of:
                failures = ', '.join(f'{count} × {status}' for status, count in of['failures'].items())
                lines.append(f'| {phase} | {kind}s | {of["count"]:,} | {failures or 0} | {of["p50"]:.2f} '
                             f'| {of["p99"]:.2f} | {of["max"]:.1f} |')
    late = found['phases']['profile']['resolution']['late']
    cores = [f'{phase}: daemon {figures["cores"]["daemon"]:.0%}, generator {figures["cores"]["generator"]:.0%}, '
             f'other processes {rest(figures["cores"]):.0%}' for phase, figures in found['phases'].items()]
    return lines + [
        '', f'p99 of a resolution, profile to quiet: {p99_ratio(found):.2f} (at most {MAX_RATIO:.0f} allowed). '
        f'Failed resolutions: {failed_resolutions(found)}.',
        '', f'Processor time, of one core: {"; ".join(cores)}. Peak memory of the daemon: {found["peak_mib"]:.0f} MiB. '
        f'The generator sends resolutions of the profile up to {late:.2f} ms late (p99); the figures contain that.']


def rest(cores):
    return max(cores['machine'] - cores['daemon'] - cores['generator'], 0)
