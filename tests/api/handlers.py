# SPDX-License-Identifier: Apache-2.0
"""What holds for every declarative test without its saying so."""

import json

from gabbi.handlers import base

import world  # also lets tests/contract be imported from
from promise import Promise

PROMISE = Promise()


class EveryAnswerIsPromised(base.ResponseHandler):
    """Holds each answer against schema/openapi.yaml: status, headers and body.

    And each request that was accepted against the schema of its body.
    """

    test_key_suffix = 'promised'
    test_key_value = []

    def __call__(self, test):
        method = test.test_data['method'].upper()
        path = test.url.partition('?')[0]
        status = int(test.response['status'])
        headers = {name.lower(): value for name, value in test.response.items()}
        body = test.response_data if test.response_data is not None else (test.output or None)
        errors = PROMISE.answer_errors(method, path, status, headers, body)
        if method in ('PUT', 'POST') and 200 <= status < 300:
            data = test.test_data['data']
            if data:
                errors += PROMISE.request_errors(method, path, json.loads(data) if isinstance(data, str) else data)
        test.assertEqual(errors, [], f'not what schema/openapi.yaml promises: {body}')


def every_write_counts(daemon):
    """A handler that watches the store of `daemon`, which nothing has been written to yet.

    An accepted write makes the revision one more, each one of a batch; nothing else moves it. So a refused request has
    stored nothing, whatever it answered. Observations are no policies, and move nothing.
    """

    class EveryWriteCounts(base.ResponseHandler):
        test_key_suffix = 'write_counts'
        test_key_value = []

        def __init__(self):
            super().__init__()
            self.revision = 0

        def __call__(self, test):
            method = test.test_data['method'].upper()
            before, self.revision = self.revision, daemon.revision()
            writes = [0]
            if test.response['status'].startswith('2'):
                path = test.url.partition('?')[0]
                if path.endswith('/restore'):
                    # A policy that is not stored needs no write to be deleted.
                    writes = [1] if test.response['status'] == '200' else [0, 1]
                elif path.endswith('/batch'):
                    writes = [len(test.response_data['results'])]
                elif '/v1/policies' in path and method in ('PUT', 'DELETE'):
                    writes = [1]
            test.assertIn(self.revision - before, writes, 'changes of the store')

    return EveryWriteCounts


def suite_handlers(daemon):
    """All handlers for one file of tests, gabbi's own included."""
    from gabbi import handlers
    return [handler() for handler in
            [*handlers.RESPONSE_HANDLERS, EveryAnswerIsPromised, every_write_counts(daemon)]]
