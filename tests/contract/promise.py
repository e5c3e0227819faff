# SPDX-License-Identifier: Apache-2.0
"""What schema/openapi.yaml promises, as the contract tests and the API tests read it."""

import copy
import pathlib
import re
from dataclasses import dataclass

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPENAPI = ROOT / 'schema' / 'openapi.yaml'
CONDITIONS = ROOT / 'tests' / 'contract' / 'conditions.yaml'
METHODS = ('get', 'put', 'delete', 'post', 'patch', 'head', 'options', 'trace')


@dataclass(frozen=True)
class Operation:
    method: str  # upper case
    path: str  # the template
    id: str
    rule: str  # the access rule; empty when no token is needed
    extra_rules: tuple
    value: dict  # the operation as it stands in the document
    parameters: tuple  # the path's and its own, resolved

    def matches(self, path):
        """Whether the template covers `path` (without a query)."""
        pattern = re.sub(r'\\\{[a-z_]+\\\}', '[^/]+', re.escape(self.path))
        return re.fullmatch(pattern, path) is not None


# The operations that may answer with several errors.
OF_OPERATIONS = ('write_policies', 'preview_policies')

# The code of an error, by its status.
CODES = {status: f'console-policy.{name}' for status, name in {
    400: 'invalid_request',
    401: 'unauthenticated',
    403: 'forbidden',
    404: 'not_found',
    405: 'method_not_allowed',
    406: 'not_acceptable',
    408: 'request_timeout',
    409: 'conflict',
    411: 'length_required',
    412: 'precondition_failed',
    413: 'content_too_large',
    414: 'uri_too_long',
    415: 'unsupported_media_type',
    429: 'too_many_requests',
    431: 'header_too_large',
    500: 'internal',
    501: 'not_implemented',
    503: 'unavailable',
}.items()}


def failure_errors(status, body, batch=False):
    """The faults of a body of errors that does not fit the status of its answer, as texts.

    The first error has the status of the answer; those behind it, which only a batch has, may be others.
    """
    texts = []
    for index, error in enumerate(body['errors']):
        allowed = {400, 403, 412} if batch and index else {status}
        if error['status'] not in allowed or error['code'] != CODES.get(error['status']):
            texts.append(f'body errors/{index}: {error["status"]} {error["code"]} in an answer of {status}')
        if error['status'] == 406 and not {'min_version', 'max_version'} <= set(error):
            texts.append(f'body errors/{index}: 406 without min_version and max_version')
    return texts


def at(document, reference):
    """What a reference within a document points to; KeyError when there is nothing."""
    if not reference.startswith('#/'):
        raise KeyError(reference)
    value = document
    for part in reference[2:].split('/'):
        value = value[part.replace('~1', '/').replace('~0', '~')]
    return value


class Promise:
    """The document, its operations, and whether messages keep to it."""

    def __init__(self, path=OPENAPI):
        self.document = yaml.safe_load(path.read_text(encoding='utf-8'))
        self._resolver = jsonschema.RefResolver('', self._with_conditions())
        self.operations = tuple(self._operations())

    def resolve(self, value):
        """`value`, or what its `$ref` points to."""
        while isinstance(value, dict) and '$ref' in value:
            value = self.at(value['$ref'])
        return value

    def at(self, reference):
        """What a reference within the document points to; KeyError when there is nothing."""
        return at(self.document, reference)

    def _with_conditions(self):
        """The document, with the conditions that it states in prose."""
        strict = copy.deepcopy(self.document)
        conditions = yaml.safe_load(CONDITIONS.read_text(encoding='utf-8'))['conditions']
        for place, schemas in conditions.items():
            at(strict, place).setdefault('allOf', []).extend(schemas)
        return strict

    def schema_errors(self, schema, instance):
        """What is wrong with `instance`, as texts; empty when it keeps to the schema and its conditions."""
        validator = jsonschema.Draft202012Validator(schema, resolver=self._resolver)
        return [
            '/'.join(map(str, error.absolute_path)) + ': ' + error.message
            for error in validator.iter_errors(instance)
        ]

    def operation(self, method, path):
        """The operation that answers, HEAD being answered as GET; None when there is none."""
        path = '/v1' if path == '/v1/' else path  # which the document does not list
        wanted = 'GET' if method == 'HEAD' else method
        for operation in self.operations:
            if operation.method == wanted and operation.matches(path):
                return operation
        return None

    def response(self, operation, status):
        """What is promised for a status; outside operations when `operation` is None."""
        responses = (operation.value['responses'] if operation
                     else self.document['x-outside-operations'])
        return self.resolve(responses.get(str(status)))

    def answer_errors(self, method, path, status, headers, body):
        """What an answer does that is not promised, as texts.

        headers: names in lower case; body: the parsed JSON, the text of another type, or None
        when there is no body.
        """
        operation = self.operation(method, path)
        promised = self.response(operation, status)
        if promised is None and operation is not None and status in (405, 501):
            promised = self.response(None, status)
        if promised is None:
            return [f'{method} {path}: status {status} is not promised']
        errors = []
        for name, header in promised.get('headers', {}).items():
            header = self.resolve(header)
            if name.lower() not in headers:
                errors.append(f'header {name} is missing')
                continue
            errors += [f'header {name}{text}'
                       for text in self.schema_errors(header['schema'], headers[name.lower()])]
        errors += self._body_errors(method, promised, headers, body)
        if not errors and isinstance(body, dict) and 'errors' in body:
            errors = failure_errors(status, body, operation is not None and operation.id in OF_OPERATIONS)
        return errors

    def request_errors(self, method, path, body):
        """What is wrong with a request's JSON body, as texts."""
        operation = self.operation(method, path)
        wanted = self.resolve(operation.value.get('requestBody')) if operation else None
        if wanted is None:
            return [f'{method} {path}: no body is promised to be taken']
        return self.schema_errors(wanted['content']['application/json']['schema'], body)

    def _body_errors(self, method, promised, headers, body):
        content = promised.get('content', {})
        if method == 'HEAD' or not content:
            return [] if body in (None, '') else ['a body where none is promised']
        media_type = headers.get('content-type', '').split(';')[0].strip().lower()
        if media_type not in content:
            return [f'content type {media_type!r} is not promised, only {sorted(content)}']
        errors = [f'body {text}' for text in self.schema_errors(content[media_type]['schema'], body)]
        if isinstance(body, dict) and 'errors' in body and not errors:
            if body['errors'][0]['request_id'] != headers.get('x-openstack-request-id'):
                errors.append('body errors/0/request_id is not the x-openstack-request-id header')
        return errors

    def _operations(self):
        for path, item in self.document['paths'].items():
            shared = tuple(self.resolve(p) for p in item.get('parameters', []))
            for method in METHODS:
                if method in item:
                    value = item[method]
                    own = tuple(self.resolve(p) for p in value.get('parameters', []))
                    yield Operation(method.upper(), path, value.get('operationId', ''),
                                    value.get('x-access-rule', ''),
                                    tuple(value.get('x-extra-access-rules', [])), value,
                                    shared + own)
