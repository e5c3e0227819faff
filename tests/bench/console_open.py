# SPDX-License-Identifier: Apache-2.0
"""What the shim costs a page with a console, on the real OpenStack of tests/openstack: `tests/bench/console_open`.

Server-side milliseconds of Horizon's console-tab page, as uwsgi logs them: stock, with the shim, and a copy in which
SPICE stands first, one after another in each round; and the time in the shim itself, by a clock within its Horizon
(timed_horizon.py). Then the same while the service is slow, returns garbage, fails, and its name is not found."""
import json
import os
import random
import re
import statistics
import time
from typing import NamedTuple, Optional

import console_open_page
import faulty_service
from scenarios import rig
from scenarios.daemon import LISTEN

ROUNDS = 42
FAULT_ROUNDS = 5            # times that a breaker opens
FAULT_PAGES = 2             # in each, once it is open
WARM_UP = 4
PATCHED_PORT, TIMED_PORT = 8084, 8085
PORT = int(LISTEN.split(':')[1])
PAGES = {'stock': (rig.STOCK_HORIZON, 'horizon-stock'),
         'shim': ('http://127.0.0.1:%d' % TIMED_PORT, 'horizon-timed'),
         'SPICE first': ('http://127.0.0.1:%d' % PATCHED_PORT, 'horizon-patched')}
HERE = os.path.dirname(os.path.abspath(__file__))
FIGURES = os.path.join(HERE, 'console_open.json')
SETTINGS = os.path.join(rig.STATE, 'scenarios/console_open.settings.json')
RESOLV_CONF = os.path.join(rig.STATE, 'scenarios/console_open.resolv.conf')
FAULTS = ['answers after 5 s', 'answers rubbish', 'answers 500', 'half-closes', 'refuses connections']
NAME_FAULTS = {'its name is not found': faulty_service.Names.FAILS,
               'the look-up of its name hangs': faulty_service.Names.SILENT}


class Page(NamedTuple):
    """One page: its server-side time, what opened, and of the shim: without Nova's part, and the question's."""

    milliseconds: int
    type: Optional[str]
    shim: Optional[float]
    question: Optional[float]


def _page(site, server, name):
    horizon, log = PAGES[name]
    path = os.path.join(rig.LOGS, log + '.log')
    begin = os.path.getsize(path)
    tab = site.console_tab(server, horizon=horizon)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with open(path, errors='replace') as file:
            file.seek(begin)
            text = file.read()
        found = re.search(r'GET /project/instances/%s/\S* => generated \d+ bytes in (\d+) msecs' % server['id'], text)
        if found:
            clock = re.search(r'opening: (\S+) ms, of which nova (\S+), service (\S+)\n', text)
            if (clock is None) == (name == 'shim'):
                raise RuntimeError('%s: the shim is where it should not be, or not where it should' % path)
            whole, nova, question = map(float, clock.groups()) if clock else (0, 0, 0)
            return Page(int(found[1]), tab.type, clock and whole - nova, clock and question)
        time.sleep(0.01)
    raise RuntimeError('no line in %s' % path)


def _summary(values):
    """The median and its 95 % bootstrap interval."""
    dice = random.Random(1)
    medians = sorted(statistics.median(dice.choices(values, k=len(values))) for _ in range(2000))
    return [round(value, 2) for value in (statistics.median(values), medians[50], medians[1949])]


def _types(pages):
    return '/'.join(sorted({str(page.type) for page in pages}))


def _healthy(site, server):
    """The pages in turns; the order changes from round to round."""
    seen = {name: [] for name in PAGES}
    for name in PAGES:
        for _ in range(WARM_UP):
            _page(site, server, name)
    for number in range(ROUNDS):
        names = list(PAGES)
        for name in names[number % 3:] + names[:number % 3]:
            seen[name].append(_page(site, server, name))
    took = {name: [page.milliseconds for page in pages] for name, pages in seen.items()}
    row = {name: {'ms': statistics.median(took[name]), 'opens': _types(seen[name])} for name in PAGES}
    for against in ('stock', 'SPICE first'):
        row['shim - ' + against] = _summary([a - b for a, b in zip(took['shim'], took[against])])
    row['in the shim'] = _summary([page.shim for page in seen['shim']])
    row['the question'] = _summary([page.question for page in seen['shim']])
    row['worst in the shim'] = round(max(page.shim for page in seen['shim']), 1)
    return row


def _fresh_breaker(number, **settings):
    """Another CONSOLE_POLICY: the shim starts fresh, as in a new worker; the last known answers stay."""
    with open(SETTINGS + '.new', 'w') as file:
        json.dump(dict(settings, RETRY_AFTER=20 + number / 100), file)
    os.replace(SETTINGS + '.new', SETTINGS)


def _wrong(site, server, **settings):
    """Page after page beside stock's, the breaker closed at first."""
    first, later, pages = [], [], []
    for number in range(FAULT_ROUNDS):
        _fresh_breaker(number, **settings)
        for count in range(1 + FAULT_PAGES):
            stock, shim = _page(site, server, 'stock'), _page(site, server, 'shim')
            (later if count else first).append((shim.milliseconds - stock.milliseconds, shim.shim))
            pages.append(shim)
    return {'first': round(statistics.median(ms for ms, _ in first)),
            'first, in the shim': round(max(ms for _, ms in first), 1),
            'later': _summary([ms for ms, _ in later]),
            'later, in the shim': _summary([ms for _, ms in later]),
            'later, worst in the shim': round(max(ms for _, ms in later), 1), 'opens': _types(pages)}


def _warm(site, server, **settings):
    _fresh_breaker(99, **settings)
    for _ in range(WARM_UP):
        _page(site, server, 'shim')


def faults(site, names):
    """Figures by what is wrong with the service."""
    server = rig.SERVERS['vm-old']
    found = {}
    named = {'ENDPOINT': 'http://console-policy.example:%d' % PORT}
    for how, mode in NAME_FAULTS.items():
        names.how = names.RIGHT
        _warm(site, server, **named)
        names.how = mode
        found[how] = _wrong(site, server, **named)
    _warm(site, server)
    site.daemon.stop()
    try:
        for how in FAULTS:
            fake = faulty_service.Service(PORT, how) if how in faulty_service.Service.ANSWERS else None
            try:
                found[how] = _wrong(site, server)
            finally:
                if fake:
                    fake.close()
    finally:
        site.daemon.start()
    return {how: found[how] for how in FAULTS + list(NAME_FAULTS)}


def _start_timed_horizon():
    """With a clock, and with the fake name server as its only one."""
    with open(RESOLV_CONF, 'w') as file:
        file.write('nameserver %s\n' % faulty_service.Names.ADDRESS)
    if os.path.exists(SETTINGS):
        os.unlink(SETTINGS)
    rig.shell('unshare -m bash -euc \'mount --bind %s /etc/resolv.conf; . ./lib.sh; '
              'WSGI_EXTRA="--static-map /static=/var/lib/openstack-dashboard/static"; '
              'wsgi horizon-timed %d "$HERE/../bench/timed_horizon.py" 1 4 PYTHONDONTWRITEBYTECODE=1 '
              'CONSOLE_OPEN_SETTINGS=%s; wait_http "http://$IP:%d/auth/login/"\'' % (
                  RESOLV_CONF, TIMED_PORT, SETTINGS, TIMED_PORT))


def measure(site, parts):
    """Measure the parts (`pages`, `faults`; all, if none is named) and write them into the figures' files."""
    figures = {}
    if os.path.exists(FIGURES):
        with open(FIGURES) as file:
            figures = json.load(file)
    names = faulty_service.Names()
    try:
        _start_timed_horizon()
        if not parts or 'pages' in parts:
            rig.shell('tools/horizon start patched %d --spice-first --no-shim' % PATCHED_PORT)
            found = {name: _healthy(site, rig.SERVERS[name]) for name in ('vm-new', 'vm-old')}
            _keep(figures, pages=found, rounds=ROUNDS)
        if not parts or 'faults' in parts:
            _keep(figures, faults=faults(site, names), fault_rounds=FAULT_ROUNDS, fault_pages=FAULT_PAGES)
    finally:
        rig.shell('tools/horizon stop patched; stop horizon-timed')
    print(console_open_page.write(figures))


def _keep(figures, **found):
    figures.update(found, cores=os.cpu_count())
    with open(FIGURES, 'w') as file:
        json.dump(figures, file, indent=1)
        file.write('\n')
