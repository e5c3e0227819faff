# SPDX-License-Identifier: Apache-2.0
"""Every status that schema/openapi.yaml promises for an operation is provoked, and no other one comes."""

import concurrent.futures
import contextlib
import http.client
import json
import sqlite3
import socket
import time
import unittest

from handlers import PROMISE
from promise import OF_OPERATIONS
from world import INSTANCE, PERSONAS, PROJECT_A, Answer, Daemon, only_on_sqlite

ADMIN = PERSONAS['admin'].token
JSON = ('Content-Type', 'application/json')
OWNERS = {'domain_id': 'heaven', 'project_id': PROJECT_A, 'user_id': 'ada', 'instance_id': INSTANCE}
POLICY = {'policy': {'prefer': ['VNC']}}
BATCH = {'operations': [{'action': 'put', 'policy': {'prefer': ['VNC']},
                         'target': {'scope': 'project', 'project_id': 'project-of-a-batch'}}]}
HEADER_BYTES = 16 * 1024  # http.max_header_bytes
BODY_BYTES = 1024 * 1024  # http.max_batch_body_bytes, the larger of the two
REPORTS_A_MINUTE = 30  # availability.reports_per_minute
SECONDS = 20

# Promised, because a client has to expect it anywhere, but these operations use memory only, and nothing in them can
# fail. tests/unit/api/pipeline_test.cc provokes it with a handler that throws.
CANNOT_FAIL = {(operation, '500') for operation in
               ('list_versions', 'show_version', 'check_health', 'report_outcomes',
                'show_availability', 'list_availability', 'summarize_availability')}
# Runs on no worker: it has a limit of its own.
REPORT = 'report_outcomes'
# Needs a change to restore.
RESTORE = 'restore_change'


def path_of(operation, revision=1):
    return operation.path.format(**OWNERS, revision=revision)


def body_of(operation):
    """A body that is taken; None for an operation without one."""
    if operation.method == 'PUT':
        return POLICY
    if operation.method != 'POST' or operation.id == RESTORE:
        return None
    if operation.id in OF_OPERATIONS:
        return BATCH
    content = PROMISE.resolve(operation.value['requestBody'])['content']['application/json']
    return PROMISE.resolve(next(iter(content['examples'].values())))['value']


def ask(daemon, operation, token=ADMIN, query='', headers=(), body=None, method=None, revision=1):
    body = body_of(operation) if body is None else body
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    headers = [*headers, *([JSON] if body and not any(name == 'Content-Type' for name, _ in headers) else [])]
    return daemon.request(method or operation.method, path_of(operation, revision) + query, token, body, headers)


def exchange(daemon, request):
    """The answer to bytes after which the client sends nothing more."""
    with socket.create_connection((daemon.host, daemon.port), SECONDS) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        response = http.client.HTTPResponse(connection)
        response.begin()
        fields = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, fields, response.read())


def head_of(operation, *fields):
    lines = [f'{operation.method} {path_of(operation)} HTTP/1.1', 'Host: x', f'X-Auth-Token: {ADMIN}', *fields]
    return '\r\n'.join(lines).encode() + b'\r\n'


@contextlib.contextmanager
def only_connection(daemon):
    """The one that a daemon with max_connections: 1 serves."""
    until = time.monotonic() + SECONDS
    while True:
        with socket.create_connection((daemon.host, daemon.port), SECONDS) as connection:
            connection.sendall(b'GET /v1 HTTP/1.1\r\nHost: x\r\n\r\n')
            # The one before may not be gone yet.
            if connection.recv(12) == b'HTTP/1.1 200':
                yield
                return
        assert time.monotonic() < until, 'the daemon serves nobody'


def remove_all(daemon):
    for operation in PROMISE.operations:
        if operation.method == 'DELETE':
            ask(daemon, operation)


def put_all(daemon):
    for operation in PROMISE.operations:
        if operation.method == 'PUT':
            assert ask(daemon, operation).status in (200, 201), operation.id


def change(daemon):
    """The revision of a new change, of the project's policy."""
    put = PROMISE.operation('PUT', f'/v1/policies/projects/{PROJECT_A}')
    return ask(daemon, put).json()['policy']['revision']


def success(daemon, operation):
    """The first answer to an operation whose own write has to find something, or nothing, there."""
    put_all(daemon)
    return ask(daemon, operation, revision=change(daemon))


def created(daemon, operation):
    remove_all(daemon)
    return ask(daemon, operation)


def no_content(daemon, operation):
    if operation.id == RESTORE:
        remove_all(daemon)
        return ask(daemon, operation, revision=change(daemon))
    return ask(daemon, operation, method='HEAD') if operation.method == 'GET' else success(daemon, operation)


def not_modified(daemon, operation):
    tag = success(daemon, operation).headers['etag']
    return ask(daemon, operation, headers=[('If-None-Match', tag)])


def not_found(daemon, operation):
    remove_all(daemon)
    return ask(daemon, operation, revision=77777)


def conflict(daemon, operation):
    revision = change(daemon)
    change(daemon)
    return ask(daemon, operation, revision=revision)


def precondition_failed(daemon, operation):
    put_all(daemon)
    if operation.id in OF_OPERATIONS:
        late = dict(BATCH['operations'][0], if_revision=77777)
        return ask(daemon, operation, body={'operations': [late]})
    return ask(daemon, operation, headers=[('If-Match', '"77777"')])


def too_many(daemon, operation):
    for _ in range(REPORTS_A_MINUTE + 1):
        answer = ask(daemon, operation)
        if answer.status == 429:
            break
    return answer


# By status: how to provoke it in a daemon that is well.
PROVOCATIONS = {
    '200': success,
    '201': created,
    '204': no_content,
    '304': not_modified,
    '400': lambda daemon, operation: ask(daemon, operation, query='?no_such_parameter=1'),
    '401': lambda daemon, operation: ask(daemon, operation, token=''),
    '403': lambda daemon, operation: ask(daemon, operation, token=PERSONAS['powerless'].token),
    '404': not_found,
    '406': lambda daemon, operation: ask(daemon, operation,
                                         headers=[('OpenStack-API-Version', 'console-policy 9.9')]),
    '409': conflict,
    '411': lambda daemon, operation: exchange(daemon, head_of(operation, 'Transfer-Encoding: chunked') + b'\r\n'),
    '412': precondition_failed,
    '413': lambda daemon, operation: exchange(
        daemon, head_of(operation, f'Content-Length: {BODY_BYTES + 1}') + b'\r\n'),
    '414': lambda daemon, operation: exchange(
        daemon, head_of(operation).replace(b' HTTP/1.1', b'?' + b'a' * HEADER_BYTES + b' HTTP/1.1', 1)),
    '415': lambda daemon, operation: ask(daemon, operation, headers=[('Content-Type', 'text/plain')]),
    '431': lambda daemon, operation: exchange(daemon, head_of(operation, 'X-Long: ' + 'a' * HEADER_BYTES) + b'\r\n'),
}


@only_on_sqlite('it locks the file, and damages what is in it')
class EveryStatus(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.seen = set()
        cls.promised = {(operation.id, status) for operation in PROMISE.operations
                        for status in operation.value['responses']} - CANNOT_FAIL

    def daemon(self, configuration=''):
        daemon = Daemon(configuration=configuration).__enter__()
        self.addCleanup(daemon.__exit__, None, None, None)
        return daemon

    def note(self, operation, status, answer, method=None):
        """That it came as promised; schema and headers too, and the code of an error."""
        self.assertEqual(answer.status, int(status), (operation.id, answer))
        kind = answer.headers.get('content-type', '')
        body = answer.json() if kind == 'application/json' and answer.body else (answer.body.decode() or None)
        self.assertEqual(PROMISE.answer_errors(method or operation.method, path_of(operation), answer.status,
                                               answer.headers, body), [], (operation.id, answer))
        self.seen.add((operation.id, status))

    def promising(self, status):
        return [one for one in PROMISE.operations if (one.id, status) in self.promised]

    def well(self):
        daemon = self.daemon()
        for status, provoke in PROVOCATIONS.items():
            for operation in self.promising(status):
                with self.subTest(f'{operation.id} {status}'):
                    self.note(operation, status, provoke(daemon, operation),
                              'HEAD' if status == '204' and operation.method == 'GET' else None)
        report, = [one for one in self.promising('429') if one.id == REPORT]
        self.note(report, '429', too_many(daemon, report))
        daemon.end()

    def busy(self):
        """429: one more than fair use allows, while a write waits for another process's."""
        daemon = self.daemon('fair_use: {requests_at_once: 1, writes_at_once: 1}\n'
                             f'store: {{wait_timeout_seconds: {SECONDS}}}\n')
        put = PROMISE.operation('PUT', '/v1/policies/cloud')
        listing = PROMISE.operation('GET', '/v1/policies')
        with contextlib.closing(sqlite3.connect(daemon.data / 'policy.db', isolation_level=None)) as database, \
                concurrent.futures.ThreadPoolExecutor(1) as writer:
            database.execute('BEGIN IMMEDIATE')
            waiting = writer.submit(ask, daemon, put)
            try:
                until = time.monotonic() + SECONDS / 2
                while ask(daemon, listing).status != 429:
                    self.assertLess(time.monotonic(), until)
                    if waiting.done():  # it came beside one of these listings, and was the one too many itself
                        self.assertEqual(waiting.result().status, 429)
                        waiting = writer.submit(ask, daemon, put)
                for operation in self.promising('429'):
                    if operation.id == REPORT:
                        continue
                    with self.subTest(f'{operation.id} 429'):
                        self.note(operation, '429', ask(daemon, operation))
            finally:
                database.execute('ROLLBACK')
            self.assertEqual(waiting.result().status, 201)
        daemon.end()

    def slow(self):
        """408: a request whose end never comes."""
        daemon = self.daemon('http: {header_timeout_seconds: 1}\n')
        waiting = self.promising('408')
        with concurrent.futures.ThreadPoolExecutor(len(waiting)) as callers:
            answers = list(callers.map(lambda operation: exchange(daemon, head_of(operation)), waiting))
        for operation, answer in zip(waiting, answers):
            with self.subTest(f'{operation.id} 408'):
                self.note(operation, '408', answer)
        daemon.end()

    def damaged(self):
        """500: what is stored cannot be read."""
        daemon = self.daemon()
        put_all(daemon)
        self.assertEqual(ask(daemon, PROMISE.operation('POST', '/v1/policies/batch')).status, 200)
        with contextlib.closing(sqlite3.connect(daemon.data / 'policy.db', SECONDS)) as database, database:
            tables = {name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            for table, column in {'policy': 'body', 'change_log': 'after_body'}.items():
                self.assertIn(table, tables)
                database.execute(f"UPDATE {table} SET {column} = 'damaged'")
            database.execute('ALTER TABLE availability RENAME TO elsewhere')
            database.execute('ALTER TABLE availability_history RENAME TO elsewhere_too')
            # A gap between the revisions, as after a restore: the daemon loads all policies again.
            database.execute('UPDATE revision_counter SET revision = revision + 1000')
        until = time.monotonic() + SECONDS
        while ask(daemon, PROMISE.operation('GET', '/v1/projects/{project_id}/consoles')).status != 500:
            self.assertLess(time.monotonic(), until)
        for operation in self.promising('500'):
            with self.subTest(f'{operation.id} 500'):
                self.note(operation, '500', ask(daemon, operation))
        daemon.end()

    def crowded(self):
        """503: one connection too many, whatever it is for."""
        daemon = self.daemon('http: {max_connections: 1}\n')
        for operation in self.promising('503'):
            with self.subTest(f'{operation.id} 503'):
                with only_connection(daemon):
                    self.note(operation, '503', ask(daemon, operation))

    def test_all_that_is_promised_is_seen(self):
        self.assertGreater(len(self.promised), 200)
        self.well()
        self.busy()
        self.slow()
        self.damaged()
        self.crowded()
        self.assertEqual(self.promised - self.seen, set())


if __name__ == '__main__':
    unittest.main()
