# SPDX-License-Identifier: Apache-2.0
"""The README's access table has every operation. tests/keystone checks its cells."""

import unittest

import access_table
from promise import Promise

PROMISE = Promise()
# Rights beyond those of a route, each with the row that shows it.
EXTRA = {'policies:allow': 'with allow', 'resolution:other_user': '?user_id='}
# Rules that exempt from a limit, and rules of other routes that a handler asks for, too.
OTHERS = {'fair_use:exempt', 'changes:list', 'availability:list', 'domain_policy:show',
          'project_resolution:show', 'instance_resolution:show'}


class TheTable(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.rows = list(access_table.rows())

    def test_has_the_operations_of_the_document_that_need_a_token_and_no_others(self):
        promised = {(one.method, one.path) for one in PROMISE.operations if one.rule}
        self.assertEqual({row.operation for row in self.rows}, promised)

    def test_has_no_row_twice(self):
        named = [str(row) for row in self.rows]
        self.assertEqual(len(named), len(set(named)))

    def test_has_a_row_for_every_right_beyond_those_of_the_routes(self):
        extra = {rule for operation in PROMISE.operations for rule in operation.extra_rules}
        self.assertEqual(extra, set(EXTRA) | OTHERS)
        named = ' '.join(str(row) for row in self.rows)
        for rule, sign in EXTRA.items():
            self.assertIn(sign, named, rule)

    def test_a_row_about_a_query_names_a_parameter_of_the_operation(self):
        for row in self.rows:
            if row.parameter:
                operation, = [one for one in PROMISE.operations if (one.method, one.path) == row.operation]
                self.assertIn(row.parameter, [one['name'] for one in operation.parameters], str(row))


if __name__ == '__main__':
    unittest.main()
