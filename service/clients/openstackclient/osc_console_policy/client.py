# SPDX-License-Identifier: Apache-2.0
"""The API of console-policy, over a session of keystoneauth."""

import re
import urllib.parse

from keystoneauth1 import exceptions as ksa_exceptions
from osc_lib import exceptions

from osc_console_policy import answer
from osc_console_policy import fields
from osc_console_policy import moment
from osc_console_policy import scope as scopes

SERVICE_TYPE = 'console-policy'
TIMEOUT_SECONDS = 60
PAGE_SIZE = 1000


class Client:
    """Reads and writes policies.

    Every method raises CommandError with a text for people; those that the
    service answered raise its subclass answer.ServiceError.
    """

    def __init__(self, session, interface=None, region_name=None,
                 endpoint=None, microversion=None):
        self._session = session
        self._interface = interface
        self._region_name = region_name
        self._endpoint = endpoint
        self._headers = {'Accept': 'application/json'}
        if microversion:
            self._headers['OpenStack-API-Version'] = '%s %s' % (
                SERVICE_TYPE, microversion)

    def show(self, scope):
        """The policy stored at `scope`."""
        response = self._request('GET', 'policies/' + scope.path)
        return answer.value(response, 'policy', is_policy)

    def find(self, scope):
        """As `show`, or None where nothing is stored."""
        try:
            return self.show(scope)
        except answer.ServiceError as error:
            # Another 404 comes from something that is not the service.
            if error.code == answer.NOT_FOUND:
                return None
            raise

    def write(self, scope, policy, before):
        """Store `policy` at `scope` in place of `before`, whole.

        :param before: the policy of the API that was seen there, None if
            there was none. The service refuses (412) when somebody else
            wrote since.
        """
        response = self._request(
            'PUT', 'policies/' + scope.path, condition=_condition(before),
            json={'policy': fields.request(policy)})
        return answer.value(response, 'policy', is_policy)

    def delete(self, scope, before):
        """Remove the policy `before` that was seen at `scope`.

        As `write`, it is refused when somebody else wrote since.
        """
        response = self._request(
            'DELETE', 'policies/' + scope.path, condition=_condition(before))
        answer.raise_for_status(response)

    def policies(self, **query):
        """All policies, or those that `scope` and `project_id` choose."""
        return self._pages('policies', is_policy, query)

    def changes(self, **query):
        """All changes, newest first, or those that `project_id` chooses."""
        return self._pages('changes', is_change, query)

    def resolve(self, project_id, instance_id=None, **query):
        """The consoles to try.

        :param query: `user_id`, `domain_id`, `explain`
        """
        path = 'projects/%s/' % project_id
        if instance_id:
            path += 'instances/%s/' % instance_id
        response = self._request('GET', path + 'consoles', query)
        return answer.value(response, 'resolution', is_resolution)

    def _pages(self, name, is_one, query):
        query = dict(query, limit=PAGE_SIZE)
        while True:
            response = self._request('GET', name, query)
            yield from answer.value(
                response, name,
                lambda page: isinstance(page, list) and all(
                    is_one(one) for one in page))
            marker = _next_marker(response)
            if marker is None:
                return
            if marker == query.get('marker'):
                raise exceptions.CommandError(
                    'The pages of %s do not end: %r comes again'
                    % (name, answer.plain(marker)))
            query['marker'] = marker

    def _request(self, method, path, query=None, condition=None, **more):
        headers = {**self._headers, **(condition or {})}
        params = {key: value for key, value in (query or {}).items()
                  if value is not None}
        base = self._base()
        try:
            return self._session.request(
                '%s/v1/%s' % (base, path), method, params=params,
                headers=headers, raise_exc=False, connect_retries=1,
                timeout=TIMEOUT_SECONDS, **more)
        except ksa_exceptions.ConnectionError as error:
            raise exceptions.CommandError(
                'console-policy does not answer at %s: %s' % (
                    base, _why_not_connected(error)))

    def _base(self):
        """Where the service is, without the version."""
        endpoint = self._endpoint or self._cataloged()
        if not endpoint:
            raise exceptions.CommandError(
                'The service catalog has no %s endpoint (interface %s, '
                'region %s): register it, or set '
                'OS_CONSOLE_POLICY_ENDPOINT_OVERRIDE' % (
                    SERVICE_TYPE, self._interface,
                    self._region_name or 'any'))
        endpoint = endpoint.rstrip('/')
        return endpoint[:-3] if endpoint.endswith('/v1') else endpoint

    def _cataloged(self):
        try:
            return self._session.get_endpoint(
                service_type=SERVICE_TYPE, interface=self._interface,
                region_name=self._region_name)
        except ksa_exceptions.EndpointNotFound:
            return None


def _why_not_connected(error):
    """What the operating system says, which stands deep in `error`."""
    if isinstance(error, ksa_exceptions.ConnectTimeout):
        return 'nothing within %d seconds' % TIMEOUT_SECONDS
    said = re.findall(r'\[Errno -?[0-9]+\] ([^\'")]+)', str(error))
    return answer.plain(said[-1] if said else error)


def _condition(before):
    """The header that lets a write happen to `before` only."""
    # A policy's entity tag is its revision in double quotes.
    return ({'If-None-Match': '*'} if before is None
            else {'If-Match': '"%d"' % before['revision']})


def is_policy(value):
    """Whether `value` is a policy as the API gives it."""
    try:
        scopes.Scope.of(value)
        return are_fields(value) and isinstance(value['revision'], int)
    except (AttributeError, KeyError, ValueError):
        return False


def are_fields(value):
    """Whether `value` has what a policy says."""
    if not isinstance(value, dict):
        return False
    if not all(_are_texts(value.get(name)) for name in fields.LISTS):
        return False
    try:
        if value['expires_at'] is not None:
            moment.parse(value['expires_at'])
        return value['reason'] is None or isinstance(value['reason'], str)
    except (KeyError, TypeError, ValueError):
        return False


def is_change(value):
    """Whether `value` is a change as the API gives it."""
    try:
        scopes.Scope.of(value['target'])
        return (isinstance(value['revision'], int)
                and all(isinstance(value[key], str) for key in (
                    'id', 'at', 'action', 'request_id', 'user_id'))
                and all(value[key] is None or are_fields(value[key])
                        for key in ('before', 'after')))
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


def is_resolution(value):
    """Whether `value` is a resolution as the API gives it."""
    try:
        return (_are_texts(value['consoles'])
                and isinstance(value['revision'], int)
                and all(_is_denied(entry) for entry in value['denied'])
                and ('explanation' not in value
                     or _is_explanation(value['explanation'])))
    except (AttributeError, KeyError, TypeError):
        return False


def _is_denied(entry):
    return (isinstance(entry['type'], str)
            and all(isinstance(denier['scope'], str)
                    for denier in entry['denied_by']))


def _is_explanation(value):
    return (all(isinstance(step['scope'], str)
                and isinstance(step['state'], str)
                and (step['policy'] is None or are_fields(step['policy']))
                and all(_are_texts(step[key]) for key in (
                    'newly_denied', 'given_back', 'placed'))
                for step in value['scopes'])
            and all(isinstance(entry['type'], str)
                    and isinstance(entry['why'], str)
                    for entry in value['not_offered']))


def _are_texts(value):
    return (isinstance(value, list)
            and all(isinstance(text, str) for text in value))


def _next_marker(response):
    """The marker of the page after this one, None on the last."""
    links = response.json().get('links')
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get('rel') == 'next':
            query = urllib.parse.urlsplit(str(link.get('href'))).query
            marker = urllib.parse.parse_qs(query).get('marker')
            if marker:
                return marker[0]
    return None
