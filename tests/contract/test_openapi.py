# SPDX-License-Identifier: Apache-2.0
"""schema/openapi.yaml is sound: it refers to what is there, and its examples keep to it."""

import re
import unittest

import jsonschema

from promise import OF_OPERATIONS, Promise, ROOT, failure_errors

PROMISE = Promise()
NO_TOKEN = {'list_versions', 'show_version', 'check_health'}


def walk(value, where='#'):
    """Every mapping in the document, with where it stands."""
    if isinstance(value, dict):
        yield where, value
        for key, child in value.items():
            yield from walk(child, f'{where}/{key}')
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from walk(child, f'{where}/{index}')


def nodes():
    """Like walk(), but not inside examples, which hold data and not the document's own words."""
    for where, value in walk(PROMISE.document):
        if not re.search(r'/(value|example)(/|$)', where):
            yield where, value


class OpenApiIsSound(unittest.TestCase):

    def test_every_reference_points_to_something(self):
        references = [(where, node['$ref']) for where, node in nodes() if '$ref' in node]
        self.assertGreater(len(references), 100)
        for where, reference in references:
            with self.subTest(where):
                PROMISE.at(reference)

    def test_every_component_is_used(self):
        used = {node['$ref'] for _, node in nodes() if '$ref' in node}
        for kind, components in PROMISE.document['components'].items():
            for name in components if kind != 'securitySchemes' else []:
                with self.subTest(name):
                    self.assertIn(f'#/components/{kind}/{name}', used)

    def test_every_schema_is_a_json_schema(self):
        schemas = [(where, node) for where, node in nodes() if re.search(r'/schema$', where)]
        schemas += [(f'#/components/schemas/{name}', schema)
                    for name, schema in PROMISE.document['components']['schemas'].items()]
        for where, schema in schemas:
            with self.subTest(where):
                jsonschema.Draft202012Validator.check_schema(schema)

    def test_every_object_lists_its_fields_and_refuses_others(self):
        for where, node in nodes():
            if node.get('type') == 'object' and not re.search(r'/(if|then|else)/', where):
                with self.subTest(where):
                    self.assertIs(node.get('additionalProperties'), False)
                    self.assertLessEqual(set(node.get('required', [])), set(node['properties']))

    def test_operation_ids_are_unique_and_snake_case(self):
        ids = [operation.id for operation in PROMISE.operations]
        self.assertEqual(len(ids), len(set(ids)))
        for name in ids:
            self.assertRegex(name, r'^[a-z]+(_[a-z]+)+$')

    def test_every_operation_has_a_description(self):
        tags = {tag['name'] for tag in PROMISE.document['tags']}
        for operation in PROMISE.operations:
            with self.subTest(operation.id):
                self.assertGreater(len(operation.value['summary']), 10)
                self.assertGreater(len(operation.value['description']), 30)
                self.assertLessEqual(set(operation.value['tags']), tags)

    def test_every_path_parameter_is_declared_and_in_the_path(self):
        for operation in PROMISE.operations:
            with self.subTest(operation.id):
                declared = {p['name'] for p in operation.parameters if p['in'] == 'path'}
                self.assertEqual(declared, set(re.findall(r'\{([a-z_]+)\}', operation.path)))
                names = [(p['in'], p['name']) for p in operation.parameters]
                self.assertEqual(len(names), len(set(names)))
                for parameter in operation.parameters:
                    self.assertEqual(parameter['in'] == 'path', parameter.get('required', False))
                    self.assertTrue(parameter['description'])

    def test_two_operations_never_answer_the_same_request(self):
        for first in PROMISE.operations:
            for second in PROMISE.operations:
                if first.id < second.id and first.method == second.method:
                    example = re.sub(r'\{[a-z_]+\}', 'x', first.path)
                    self.assertFalse(second.matches(example), (first.id, second.id))


class OperationsPromiseTheirFailures(unittest.TestCase):

    def test_every_operation_that_needs_a_token_has_401_403_and_its_access_rule(self):
        for operation in PROMISE.operations:
            with self.subTest(operation.id):
                if operation.id in NO_TOKEN:
                    self.assertEqual(operation.value['security'], [])
                    self.assertEqual(operation.rule, '')
                else:
                    self.assertNotIn('security', operation.value)
                    self.assertRegex(operation.rule, r'^[a-z_]+:[a-z_]+$')
                    self.assertLessEqual({'401', '403'}, set(operation.value['responses']))

    def test_every_operation_promises_what_any_request_may_meet(self):
        for operation in PROMISE.operations:
            with self.subTest(operation.id):
                self.assertLessEqual({'400', '408', '413', '414', '431', '500', '503'},
                                     set(operation.value['responses']))

    def test_an_operation_takes_a_body_exactly_when_it_is_a_put_or_a_post(self):
        for operation in PROMISE.operations:
            with self.subTest(operation.id):
                takes_body = operation.method in ('PUT', 'POST') and operation.id != 'restore_change'
                self.assertEqual(takes_body, 'requestBody' in operation.value)
                if operation.method == 'POST':
                    answers = set(operation.value['responses'])
                    self.assertEqual(takes_body, '415' in answers)
                    self.assertTrue(answers & {'200', '204'})
                if operation.method == 'PUT':
                    self.assertLessEqual({'200', '201', '415'},
                                         set(operation.value['responses']))
                if operation.method == 'DELETE':
                    self.assertIn('204', operation.value['responses'])

    def test_every_answer_has_a_request_id_and_every_failure_the_error_body(self):
        answers = [(operation.id, status, PROMISE.resolve(response))
                   for operation in PROMISE.operations
                   for status, response in operation.value['responses'].items()]
        answers += [('outside', status, PROMISE.resolve(response))
                    for status, response in PROMISE.document['x-outside-operations'].items()]
        wanted_headers = {'401': 'WWW-Authenticate', '405': 'Allow', '429': 'Retry-After',
                          '503': 'Retry-After'}
        for name, status, response in answers:
            with self.subTest(f'{name} {status}'):
                self.assertTrue(response['description'].strip())
                self.assertLessEqual({'x-openstack-request-id', 'OpenStack-API-Version', 'Vary'},
                                     set(response['headers']))
                if status in wanted_headers:
                    self.assertIn(wanted_headers[status], response['headers'])
                if status[0] in '45' and (name, status) != ('check_health', '503'):
                    schema = response['content']['application/json']['schema']
                    self.assertEqual(schema['$ref'], '#/components/schemas/Errors')


class ExamplesKeepToTheirSchemas(unittest.TestCase):

    def assert_keeps_to(self, schema, value):
        self.assertEqual(PROMISE.schema_errors(schema, value), [])

    def test_every_body_has_an_example_and_each_keeps_to_its_schema(self):
        bodies = [(where, media) for where, node in nodes() if where.endswith('/content')
                  for media in node.values()]
        self.assertGreater(len(bodies), 30)
        for where, media in bodies:
            with self.subTest(where):
                self.assertTrue(media['examples'])
                for name, example in media['examples'].items():
                    example = PROMISE.resolve(example)
                    with self.subTest(name):
                        self.assert_keeps_to(media['schema'], example['value'])

    def test_every_parameter_and_header_example_keeps_to_its_schema(self):
        seen = 0
        for where, node in nodes():
            if 'example' in node and 'schema' in node:
                seen += 1
                with self.subTest(where):
                    self.assert_keeps_to(node['schema'], node['example'])
        self.assertGreater(seen, 12)

    def test_every_parameter_has_an_example(self):
        for operation in PROMISE.operations:
            for parameter in operation.parameters:
                with self.subTest(f'{operation.id} {parameter["name"]}'):
                    self.assertIn('example', parameter)

    def test_every_error_code_has_an_example(self):
        codes = PROMISE.at('#/components/schemas/Errors')[
            'properties']['errors']['items']['properties']['code']['enum']
        shown = {error['code'] for _, node in walk(PROMISE.document) for error in node.get('errors', [])
                 if isinstance(error, dict) and isinstance(error.get('code'), str)}
        self.assertEqual(set(codes), shown)

    def test_the_errors_in_the_examples_fit_the_status_of_their_answer(self):
        for operation in PROMISE.operations:
            for status, response in operation.value['responses'].items():
                content = PROMISE.resolve(response).get('content', {}).get('application/json', {})
                for name, example in content.get('examples', {}).items():
                    value = PROMISE.resolve(example)['value']
                    with self.subTest(f'{operation.id} {status} {name}'):
                        if 'errors' in value:
                            self.assertEqual([], failure_errors(int(status), value, operation.id in OF_OPERATIONS))

    def test_an_error_that_does_not_fit_its_answer_is_found(self):
        error = {'status': 400, 'code': 'console-policy.invalid_request'}
        forbidden = {'status': 403, 'code': 'console-policy.forbidden'}
        self.assertEqual([], failure_errors(400, {'errors': [error, forbidden]}, batch=True))
        for status, errors in [(403, [error]), (400, [{**error, 'code': 'console-policy.forbidden'}]),
                               (400, [error, forbidden]),
                               (406, [{'status': 406, 'code': 'console-policy.not_acceptable'}])]:
            with self.subTest(errors):
                self.assertNotEqual([], failure_errors(status, {'errors': errors}))

    def test_the_schemas_refuse_what_they_should(self):
        policy = {'$ref': '#/components/schemas/PolicyRequest'}
        user = {'$ref': '#/components/schemas/UserPolicyRequest'}
        cloud = {'$ref': '#/components/schemas/CloudPolicyRequest'}
        answer = {'$ref': '#/components/schemas/ProjectPolicyAnswer'}
        project = PROMISE.at('#/components/examples/ProjectPolicy')['value']['policy']
        refused = [
            (policy, {'policy': {}}),
            (policy, {'policy': {'prefer': []}}),
            (policy, {'policy': {'prefer': ['VNC', 'VNC']}}),
            (policy, {'policy': {'prefer': ['ALL']}}),
            (policy, {'policy': {'deny': ['ALL', 'VNC']}}),
            (policy, {'policy': {'prefer': ['VNC'], 'comment': 'x'}}),
            (policy, {'policy': {'prefer': ['VNC'], 'expires_at': '2026-12-01T00:00:00+01:00'}}),
            (policy, {'policy': {'prefer': ['VNC'], 'reason': 'two\nlines'}}),
            (user, {'policy': {'prefer': ['VNC'], 'deny': ['RDP']}}),
            (cloud, {'policy': {'deny': ['RDP']}}),
            (cloud, {'policy': {'prefer': ['VNC'], 'allow': ['RDP']}}),
            (answer, {'policy': {**project, 'scope': 'cloud'}}),
            (answer, {'policy': {**project, 'user_id': 'somebody'}}),
        ]
        for schema, value in refused:
            with self.subTest(value):
                self.assertNotEqual(PROMISE.schema_errors(schema, value), [])


class TheSameWordsInsideAndOutside(unittest.TestCase):
    """Names that a header declares and the document repeats."""

    @staticmethod
    def enumerators(header, name):
        text = (ROOT / header).read_text(encoding='utf-8')
        body = re.search(rf'enum class {name}\b[^{{]*\{{([^}}]*)\}}', text).group(1)
        return {word.strip() for word in re.sub(r'//[^\n]*', '', body).split(',') if word.strip()}

    def test_error_codes(self):
        codes = PROMISE.at('#/components/schemas/Errors')[
            'properties']['errors']['items']['properties']['code']['enum']
        self.assertEqual({code.partition('.')[2] for code in codes},
                         self.enumerators('policies/error.h', 'ErrorCode'))

    def test_console_types(self):
        names = PROMISE.at('#/components/schemas/ConsoleType')['enum']
        self.assertEqual({name.lower() for name in names},
                         self.enumerators('policies/console_type.h', 'ConsoleType'))

    def test_scope_kinds(self):
        self.assertEqual(set(PROMISE.at('#/components/schemas/ScopeKind')['enum']),
                         self.enumerators('policies/scope.h', 'ScopeKind'))

    def test_scope_states(self):
        states = PROMISE.at('#/components/schemas/ScopeStep')['properties']['state']['enum']
        self.assertEqual(set(states), self.enumerators('policies/resolution.h', 'ScopeState'))

    def test_the_version(self):
        version = re.search(r'project\(console-policy VERSION ([0-9.]+)',
                            (ROOT / 'CMakeLists.txt').read_text(encoding='utf-8')).group(1)
        self.assertEqual(PROMISE.document['info']['version'], version)


if __name__ == '__main__':
    unittest.main()
