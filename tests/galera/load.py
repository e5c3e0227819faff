# SPDX-License-Identifier: Apache-2.0
"""Clients that ask and write at a steady rate while a test breaks something."""

import contextlib
import http.client
import json
import random
import threading
import time
import uuid
from dataclasses import dataclass

RESOLVERS, RESOLUTIONS_PER_SECOND = 4, 50  # each
WRITERS, WRITES_PER_SECOND = 3, 8
REQUEST_SECONDS = 30
PROJECTS = [f'load-{number}' for number in range(20)]


@dataclass(frozen=True)
class Result:
    began: float  # time.monotonic()
    seconds: float
    status: int  # 0: the connection failed
    subject: str


class Client(threading.Thread):
    """Sends one request after the other over a kept connection until it is ended.

    `address` is a port and the TLS context for it. `tries` is how often one request is sent before it counts as
    failed; only the last try is recorded.
    """

    def __init__(self, address, token, rate, tries):
        super().__init__(daemon=True)
        self.results = []
        self.ended = threading.Event()
        self._address, self._pause, self._tries = address, 1 / rate, tries
        self._headers = {'X-Auth-Token': token, 'Content-Type': 'application/json'}
        self._connection = None

    def run(self):
        due = time.monotonic()
        while not self.ended.wait(max(0.0, due - time.monotonic())):
            method, path, body, subject = self.next_request()
            began = time.monotonic()
            status = 0
            for _ in range(self._tries):
                status = self._send(method, path, body)
                if status not in (0, 502, 503, 504):
                    break
            now = time.monotonic()
            self.results.append(Result(began, now - began, status, subject))
            # A request that took long is not caught up with: that would be a burst.
            due = max(due + self._pause, now)

    def _send(self, method, path, body):
        try:
            if self._connection is None:
                port, context = self._address
                self._connection = http.client.HTTPSConnection('127.0.0.1', port, timeout=REQUEST_SECONDS,
                                                               context=context)
            self._connection.request(method, path, body, self._headers)
            answer = self._connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            with contextlib.suppress(OSError):
                self._connection.close()
            self._connection = None
            return 0

    def next_request(self):
        raise NotImplementedError


class Resolver(Client):
    def next_request(self):
        project, instance = random.choice(PROJECTS), uuid.uuid4()
        return 'GET', f'/v1/projects/{project}/instances/{instance}/consoles', None, project


class Writer(Client):
    """Replaces the policies of some instances of one project; each write has a reason of its own."""

    def __init__(self, number, *arguments):
        super().__init__(*arguments)
        self._project = PROJECTS[number]
        self._instances = [str(uuid.uuid4()) for _ in range(50)]

    def next_request(self):
        reason = str(uuid.uuid4())
        instance = random.choice(self._instances)
        body = json.dumps({'policy': {'prefer': ['VNC'], 'reason': reason}})
        return 'PUT', f'/v1/policies/projects/{self._project}/instances/{instance}', body, reason


class Load:
    """Resolutions and writes side by side. A context manager; the results are complete when it is left."""

    def __init__(self, address, token, tries=1):
        self.resolvers = [Resolver(address, token, RESOLUTIONS_PER_SECOND, tries) for _ in range(RESOLVERS)]
        self.writers = [Writer(number, address, token, WRITES_PER_SECOND, tries) for number in range(WRITERS)]

    def __enter__(self):
        for client in self.resolvers + self.writers:
            client.start()
        return self

    def __exit__(self, *_):
        self.end(self.resolvers + self.writers)

    @staticmethod
    def end(clients):
        for client in clients:
            client.ended.set()
        for client in clients:
            client.join()

    def resolutions(self):
        return sorted((result for client in self.resolvers for result in client.results), key=lambda each: each.began)

    def writes(self):
        return sorted((result for client in self.writers for result in client.results), key=lambda each: each.began)

    def failed_resolutions(self):
        return [result for result in self.resolutions() if result.status != 200]

    def acknowledged(self):
        """The reasons of the writes that succeeded."""
        return [result.subject for result in self.writes() if result.status in (200, 201)]

    def last_acknowledged_at(self):
        return max((result.began + result.seconds for client in self.writers for result in list(client.results)
                    if result.status in (200, 201)), default=0.0)


def percentile(results, percent):
    """Of the seconds of these results, by nearest rank."""
    seconds = sorted(result.seconds for result in results)
    return seconds[min(len(seconds) - 1, len(seconds) * percent // 100)]


def in_time(results, begin, end):
    return [result for result in results if begin <= result.began < end]
