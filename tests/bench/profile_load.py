# SPDX-License-Identifier: Apache-2.0
"""Open-loop load on kept connections: requests leave at their scheduled times, however long earlier answers take.

The latency of a request counts from its scheduled time, so the time that it waits for a connection, and the delay of
this process itself, are part of it.
"""

import asyncio
import collections
import gc
import multiprocessing
import random
import selectors

MAX_CONNECTIONS = 256
# Seconds; a request without an answer after that has failed. A dashboard waits 0.5 s for a resolution by default; the
# rest is for a busy machine.
DEADLINE = {'resolution': 2.0, 'report': 10.0, 'write': 10.0, 'list': 10.0}
IDLE_SECONDS = 20.0   # shorter than the server's timeout, so that the server closes no connection that is being used
LATE = 0.05           # the first request is due this long after the start
EXPECTED = {'resolution': 200, 'report': 204, 'write': 200, 'list': 200}

Request = collections.namedtuple('Request', 'kind scheduled late text')
# scheduled: CLOCK_MONOTONIC. late: how much of the latency is this process's own delay. status: 0 without an answer.
Sample = collections.namedtuple('Sample', 'kind scheduled late latency status')


def failed(sample):
    return sample.status != EXPECTED[sample.kind]


class Connection(asyncio.Protocol):
    """A kept connection with at most one request in flight."""

    def __init__(self, load):
        self._load, self._received, self._needed = load, bytearray(), None
        self.transport, self.request, self.used = None, None, load.now()

    def connection_made(self, transport):
        self.transport = transport

    def send(self, request):
        self.request, self.used = request, self._load.now()
        self.transport.write(request.text)

    def data_received(self, data):
        received = self._received
        received += data
        if self._needed is None:
            end = received.find(b'\r\n\r\n')
            if end < 0:
                return
            at = received.lower().find(b'content-length:', 0, end)
            length = int(received[at + 15:received.index(b'\r', at)]) if at >= 0 else 0
            self._needed = end + 4 + length
        if len(received) >= self._needed:
            status = int(received[9:12])
            self._received, self._needed = bytearray(), None
            request, self.request = self.request, None
            self._load.answered(self, request, status)

    def connection_lost(self, _):
        self._load.lost(self)


class Load:
    """Sends the requests of some streams, [(kind, requests a second, function that makes one)], until stop()."""

    def __init__(self, port, streams, seed):
        self._loop = asyncio.get_running_loop()
        self.now = self._loop.time
        self._port, self._streams, self._drawn = port, streams, random.Random(seed)
        self._open, self._idle, self._waiting = set(), [], collections.deque()
        self._connecting, self._in_flight, self._stopped = 0, 0, False
        self._finished = self._loop.create_future()
        self.samples = []

    async def run(self):
        start = self.now() + LATE
        for kind, rate, make in self._streams:
            self._loop.call_at(start, self._send_due, rate, make, Request(kind, start, 0, make(self._drawn)))
        self._check()
        await self._finished
        for connection in self._open:
            connection.transport.abort()

    def stop(self):
        self._stopped = True
        self._finish_if_idle()

    def _send_due(self, rate, make, request):
        """Sends `request`, and then makes the next one, so that its making delays nothing."""
        while not self._stopped:
            if request.scheduled > self.now():
                self._loop.call_at(request.scheduled, self._send_due, rate, make, request)
                return
            self._in_flight += 1
            self._dispatch(request._replace(late=self.now() - request.scheduled))
            request = Request(request.kind, request.scheduled + self._drawn.expovariate(rate), 0, make(self._drawn))

    def _dispatch(self, request):
        if self._idle:
            self._idle.pop().send(request)
            return
        self._waiting.append(request)
        if len(self._open) + self._connecting < MAX_CONNECTIONS:
            self._connecting += 1
            self._loop.create_task(self._connect())

    async def _connect(self):
        try:
            _, connection = await self._loop.create_connection(lambda: Connection(self), '127.0.0.1', self._port)
        except OSError:
            if self._waiting:
                self._record(self._waiting.popleft(), 0)
            return
        finally:
            self._connecting -= 1
        self._open.add(connection)
        self._give_work(connection)

    def _give_work(self, connection):
        if self._waiting:
            connection.send(self._waiting.popleft())
        else:
            self._idle.append(connection)

    def answered(self, connection, request, status):
        self._record(request, status)
        self._give_work(connection)

    def lost(self, connection):
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if connection.request:
            self._record(connection.request, 0)
            connection.request = None

    def _record(self, request, status):
        self._in_flight -= 1
        latency = self.now() - request.scheduled
        self.samples.append(Sample(request.kind, request.scheduled, request.late, latency, status))
        self._finish_if_idle()

    def _finish_if_idle(self):
        if self._stopped and self._in_flight == 0 and not self._finished.done():
            self._finished.set_result(None)

    def _check(self):
        """Closes connections whose request is past its deadline, and those that have been idle for long."""
        now = self.now()
        for connection in self._open:
            if connection.request:
                if self._overdue(connection.request):
                    connection.transport.abort()
            elif now - connection.used > IDLE_SECONDS:
                self._idle.remove(connection)
                connection.transport.abort()
        while self._waiting and self._overdue(self._waiting[0]):
            self._record(self._waiting.popleft(), 0)
        self._loop.call_later(0.25, self._check)

    def _overdue(self, request):
        return self.now() - request.scheduled > DEADLINE[request.kind]


async def _run_until_told(pipe, port, streams, seed):
    load = Load(port, streams, seed)
    loop = asyncio.get_running_loop()

    def stop():
        loop.remove_reader(pipe.fileno())
        load.stop()

    loop.add_reader(pipe.fileno(), stop)
    await load.run()
    pipe.send(load.samples)


def _process(pipe, port, streams, seed):
    gc.freeze()
    gc.disable()  # its pauses would be measured
    # select() takes microseconds; asyncio's epoll rounds a timer up to the next millisecond.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    loop.run_until_complete(_run_until_told(pipe, port, streams, seed))


class LoadProcess:
    """A Load in a process of its own."""

    def __init__(self, port, streams, seed):
        self._pipe, end = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=_process, args=(end, port, streams, seed), daemon=True)
        self._process.start()
        self.pid = self._process.pid

    def stop(self):
        """The samples, once every request in flight has its answer or is past its deadline."""
        self._pipe.send('stop')
        if not self._pipe.poll(max(DEADLINE.values()) + 10):
            raise RuntimeError('the load process does not end')
        samples = self._pipe.recv()
        self._process.join()
        return samples
