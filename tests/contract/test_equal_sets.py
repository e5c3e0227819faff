# SPDX-License-Identifier: Apache-2.0
"""The table of routes, openapi.yaml, access.yaml and the API tests speak of the same operations."""

import re
import unittest

import yaml

import gabbits
from promise import Promise, ROOT

PROMISE = Promise()
ROUTE_ROW = re.compile(r'\{\s*"([A-Z]+)",\s*"(/[^"]*)",\s*"([^"]*)",')


def route_rows():
    text = (ROOT / 'service' / 'api' / 'routes.cc').read_text(encoding='utf-8')
    rows = ROUTE_ROW.findall(re.sub(r'//[^\n]*', '', text))
    # The same as /v1, which alone the document lists: a path must not end with a slash.
    return [row for row in rows if row[1] != '/v1/']


def access_rules():
    text = (ROOT / 'policies' / 'access.yaml').read_text(encoding='utf-8')
    return {name for name in yaml.safe_load(text) if ':' in name}


class TheSameOperationsEverywhere(unittest.TestCase):
    maxDiff = None

    def test_the_routes_and_the_document_have_the_same_operations_under_the_same_rules(self):
        promised = [(operation.method, operation.path, operation.rule)
                    for operation in PROMISE.operations]
        self.assertEqual(sorted(route_rows()), sorted(promised))

    def test_no_route_stands_twice(self):
        rows = [(method, path) for method, path, _ in route_rows()]
        self.assertEqual(len(rows), len(set(rows)))

    def test_the_routes_know_the_query_parameters_of_the_document(self):
        text = (ROOT / 'service' / 'api' / 'routes.cc').read_text(encoding='utf-8')
        rows = re.findall(r'\{\s*"([A-Z]+)",\s*"(/[^"]*)",.*,\s*"([^"]*)"(?:, Asks::\w+)?\}', text)
        known = {(method, path): set(names.split()) for method, path, names in rows if path != '/v1/'}
        promised = {(operation.method, operation.path):
                    {p['name'] for p in operation.parameters if p['in'] == 'query'}
                    for operation in PROMISE.operations}
        self.assertEqual(known, promised)

    def test_every_access_rule_guards_an_operation_and_every_guard_is_a_rule(self):
        named = {operation.rule for operation in PROMISE.operations if operation.rule}
        for operation in PROMISE.operations:
            named.update(operation.extra_rules)
        self.assertEqual(access_rules(), named)

    def test_the_handlers_ask_for_the_extra_rules_of_the_document_and_for_no_others(self):
        extra = {rule for operation in PROMISE.operations for rule in operation.extra_rules}
        asked = set()
        for source in (ROOT / 'service' / 'api').glob('*.[ch]*'):
            if source.name != 'routes.cc':
                asked.update(re.findall(r'"([a-z_]+:[a-z_]+)"', source.read_text(encoding='utf-8')))
        self.assertEqual(asked, extra)


class TheApiTestsMeetEveryOperation(unittest.TestCase):

    def test_every_operation_has_a_test_that_expects_success(self):
        met = {operation.id for _, _, method, path, status in gabbits.requests()
               if status[0] == '2'
               for operation in [PROMISE.operation(method, path)] if operation}
        self.assertEqual({operation.id for operation in PROMISE.operations} - met, set())

    def test_every_failure_of_a_policy_operation_that_a_caller_can_cause_has_a_test(self):
        expected = {(operation.id, status) for _, _, method, path, status in gabbits.requests()
                    for operation in [PROMISE.operation(method, path)] if operation}
        for operation in PROMISE.operations:
            wanted = {'400', '403'} if operation.rule else set()
            if operation.path.startswith('/v1/policies/') and operation.method in ('GET', 'DELETE'):
                wanted.add('404')
            for status in sorted(wanted):
                with self.subTest(f'{operation.id} {status}'):
                    self.assertIn((operation.id, status), expected)

    def test_a_test_of_no_operation_expects_an_error(self):
        for file, name, method, path, status in gabbits.requests():
            if PROMISE.operation(method, path) is None:
                with self.subTest(f'{file}: {name}'):
                    self.assertIn(status, {'400', '404', '405', '501'})


if __name__ == '__main__':
    unittest.main()
