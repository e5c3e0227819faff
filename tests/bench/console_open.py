# SPDX-License-Identifier: Apache-2.0
"""What the shim costs a page with a console, on the real OpenStack of tests/openstack: `tests/bench/console_open`.

Server-side milliseconds of Horizon's console-tab page, as uwsgi logs them: stock, with the shim, and a copy in which
SPICE stands first, one after another in each round. Then the page while the service is slow, says nonsense, fails."""
import http.client
import os
import random
import re
import socket
import statistics
import threading
import time

from scenarios import rig
from scenarios.daemon import LISTEN
from scenarios.site import restart_horizon

ROUNDS = 42
FAULT_PAGES = 4
PATCHED_PORT = 8084
PAGES = {'stock': (rig.STOCK_HORIZON, 'horizon-stock'), 'shim': (rig.HORIZON, 'horizon'),
         'SPICE first': ('http://127.0.0.1:%d' % PATCHED_PORT, 'horizon-patched')}
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'console_open.md')

HEAD = """# bench: the page with a console

Written by `tests/bench/console_open`. Server-side milliseconds of Horizon's console-tab page (uwsgi), on the OpenStack
of `tests/openstack`: {cores} cores, Debian 12, everything on one machine, nothing stored (SPICE first); {rounds} pages
of each Horizon and instance, in turns. The differences are of pages of the same round: median and its 95 % interval
(bootstrap).

| instance | stock | with the shim | SPICE first in the source | shim - stock | shim - SPICE first |
|---|---|---|---|---|---|
"""
MIDDLE = """
The one question that the shim asks in a page, alone, on a kept connection with a user's Keystone token: median
{median:.1f} ms, 99 of 100 within {late:.1f} ms.

The service gone wrong, `vm-old`: stock's median, and how much later than that the page with the shim comes, the first
time and (median of {pages}) after it.

| the service | stock | first page | later pages | a console opens |
|---|---|---|---|---|
"""


def _page_ms(site, server, name):
    """One page's own time, as uwsgi logs it, and what it opened."""
    horizon, log = PAGES[name]
    path = os.path.join(rig.LOGS, log + '.log')
    begin = os.path.getsize(path)
    tab = site.console_tab(server, horizon=horizon)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with open(path, errors='replace') as file:
            file.seek(begin)
            found = re.search(r'GET /project/instances/%s/\S* => generated \d+ bytes in (\d+) msecs' % server['id'],
                              file.read())
        if found:
            return int(found[1]), tab.type
        time.sleep(0.02)
    raise RuntimeError('no line in %s' % path)


def _interval(values):
    """The median and its 95 % bootstrap interval."""
    dice = random.Random(1)
    medians = sorted(statistics.median(dice.choices(values, k=len(values))) for _ in range(2000))
    return '%+.0f (%+.0f to %+.0f)' % (statistics.median(values), medians[50], medians[1949])


def _rounds(site, server):
    seen = {name: [] for name in PAGES}
    for name in PAGES:
        for _ in range(3):
            _page_ms(site, server, name)
    for number in range(ROUNDS):
        names = list(PAGES)
        for name in names[number % 3:] + names[:number % 3]:
            seen[name].append(_page_ms(site, server, name))
    return seen


def _question_ms(site, server):
    """The one question that the shim asks, on a kept connection with alice's token, as the shim asks it."""
    nova = site.nova_of('alice')
    seen = nova.show(server)
    path = '/v1/projects/%s/instances/%s/consoles?instance_updated=%s&host_id=%s' % (
        server['project_id'], server['id'], seen['updated'], seen['hostId'])
    connection = http.client.HTTPConnection(*LISTEN.split(':'), timeout=5)
    took = []
    for _ in range(200):
        begin = time.monotonic()
        connection.request('GET', path, headers={'X-Auth-Token': nova.token()})
        answer = connection.getresponse()
        answer.read()
        took.append((time.monotonic() - begin) * 1000)
        if answer.status != 200:
            raise RuntimeError('the service answered %d' % answer.status)
    connection.close()
    return statistics.median(took), sorted(took)[int(len(took) * 0.99)]


class _Faulty:
    """A fake service, in the place of the real one, that answers wrongly."""

    ANSWERS = {'answers rubbish': b'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nrubbish',
               'answers 500': b'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n',
               'half-closes': b'', 'answers after 5 s': b''}

    def __init__(self, how):
        self._how = how
        self._socket = socket.create_server(('127.0.0.1', int(LISTEN.split(':')[1])), reuse_port=False)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection:
            connection.recv(65536)
            if self._how == 'half-closes':
                connection.shutdown(socket.SHUT_WR)
                connection.recv(65536)
            elif self._how == 'answers after 5 s':
                time.sleep(5)
            else:
                connection.sendall(self.ANSWERS[self._how])

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def _fault(site, server, how):
    restart_horizon()           # the breaker is closed
    for name in ('stock', 'shim', 'shim'):
        _page_ms(site, server, name)
    site.daemon.stop()
    fake = _Faulty(how) if how in _Faulty.ANSWERS else None
    try:
        stock = [_page_ms(site, server, 'stock')[0] for _ in range(FAULT_PAGES)]
        first, opened = _page_ms(site, server, 'shim')
        later = []
        for _ in range(FAULT_PAGES):
            stock.append(_page_ms(site, server, 'stock')[0])
            took, again = _page_ms(site, server, 'shim')
            later.append(took)
            opened = again and opened
    finally:
        if fake:
            fake.close()
        site.daemon.start()
    usual = statistics.median(stock)
    cells = how, usual, first - usual, statistics.median(later) - usual, 'yes' if opened else 'NO'
    return '| %s | %d | %+d | %+d | %s |' % cells


def measure(site):
    rig.shell('tools/horizon start patched %d --spice-first --no-shim' % PATCHED_PORT)
    lines = HEAD.format(cores=os.cpu_count(), rounds=ROUNDS).splitlines()
    try:
        for name in ('vm-new', 'vm-old'):
            seen = _rounds(site, rig.SERVERS[name])
            took = {which: [ms for ms, _ in pages] for which, pages in seen.items()}
            cells = ['%d (%s)' % (statistics.median(took[which]), '/'.join(sorted({str(t) for _, t in seen[which]})))
                     for which in PAGES]
            for against in ('stock', 'SPICE first'):
                cells.append(_interval([a - b for a, b in zip(took['shim'], took[against])]))
            lines.append('| %s | %s |' % (name, ' | '.join(cells)))
        median, late = _question_ms(site, rig.SERVERS['vm-old'])
        lines += MIDDLE.format(median=median, late=late, pages=FAULT_PAGES).splitlines()
        for how in ['answers after 5 s', 'answers rubbish', 'answers 500', 'half-closes', 'refuses connections']:
            lines.append(_fault(site, rig.SERVERS['vm-old'], how))
    finally:
        rig.shell('tools/horizon stop patched')
        text = '\n'.join(lines) + '\n'
        print(text)
    with open(OUT, 'w') as out:
        out.write(text)
