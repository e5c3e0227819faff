# SPDX-License-Identifier: Apache-2.0
"""The API of console-policy, over a session of keystoneauth."""

import itertools
import json
import re
import urllib.parse

from keystoneauth1 import exceptions as ksa_exceptions
from osc_lib import exceptions

from osc_console_policy import answer
from osc_console_policy import fields
from osc_console_policy import schema
from osc_console_policy import scope as scopes

SERVICE_TYPE = 'console-policy'
TIMEOUT_SECONDS = 60
PAGE_SIZE = 1000


class Client:
    """Reads and writes policies, and what was seen of consoles.

    Every method raises CommandError with a text for people; those that the
    service answered raise its subclass answer.ServiceError.

    What gives several things takes `most`, how many to give at the most
    (None: all). A filter that is None does not count.
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
        return answer.value(response, 'policy', schema.is_policy)

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
            there was none. The service refuses (412) when another user
            wrote since.
        """
        response = self._request(
            'PUT', 'policies/' + scope.path, headers=in_place_of(before),
            json={'policy': fields.request(policy)})
        return answer.value(response, 'policy', schema.is_policy)

    def delete(self, scope, before):
        """Remove the policy `before` that was seen at `scope`.

        As `write`, it is refused when another user wrote since.
        """
        response = self._request(
            'DELETE', 'policies/' + scope.path, headers=in_place_of(before))
        answer.raise_for_status(response)

    def apply(self, operations):
        """Do all `operations` (BatchOperation of the API), or none."""
        response = self._post('policies/batch', operations)
        answer.value(response, 'results',
                     schema.list_of(schema.is_operation_result))

    def preview(self, operations):
        """What `operations` would do to the observed instances.

        :returns: `impact` of the API's preview
        """
        response = self._post('policies/preview', operations)
        return answer.value(response, 'preview', schema.is_preview)['impact']

    def change(self, revision):
        """The change with a revision."""
        response = self._request('GET', 'changes/%d' % revision)
        return answer.value(response, 'change', schema.is_change)

    def restore(self, revision, to, headers=None):
        """Put back the policy before or after a change.

        The service refuses (409) when the policy has changed since.

        :param to: 'before' or 'after'
        :param headers: those of `in_place_of`, to replace a policy that has
            changed since
        """
        response = self._request(
            'POST', 'changes/%d/restore' % revision, {'to': to}, headers)
        answer.raise_for_status(response)

    def policies(self, most=None, **query):
        """Stored policies.

        :param query: `scope`, `project_id`
        """
        return self._listed('policies', schema.is_policy, query, most)

    def changes(self, most=None, **query):
        """Changes, newest first.

        :param query: `scope`, `project_id`, `user_id`, `since`, `until`
        """
        return self._listed('changes', schema.is_change, query, most)

    def resolve(self, project_id, instance_id=None, **query):
        """The consoles to try.

        :param query: `user_id`, `domain_id`, `explain`; for an instance also
            its fingerprint, `instance_updated` and `host_id`
        """
        path = _path(project_id, instance_id) + 'consoles'
        response = self._request('GET', path, query)
        return answer.value(response, 'resolution', schema.is_resolution)

    def availability(self, project_id, instance_id):
        """What was seen of each console type of an instance."""
        response = self._request(
            'GET', _path(project_id, instance_id) + 'availability')
        return answer.value(response, 'availability',
                            schema.is_availability_of_instance)['types']

    def forget_availability(self, project_id, instance_id):
        """Forget what was seen of the console types of an instance."""
        response = self._request(
            'DELETE', _path(project_id, instance_id) + 'availability')
        answer.raise_for_status(response)

    def availabilities(self, most=None, **query):
        """What was seen on all instances.

        :param query: `project_id`, `host_id`, `type`, `status`
        """
        return self._listed('availability', schema.is_listed_availability,
                            query, most)

    def availability_summary(self, most=None, **query):
        """How many instances of each project and host had which types.

        :param query: `project_id`
        """
        return self._listed('summary', schema.is_count, query, most,
                            path='availability/summary')

    def _post(self, path, operations):
        body = json.dumps({'operations': operations}, ensure_ascii=False)
        return self._request('POST', path, data=body.encode('utf-8'),
                             headers={'Content-Type': 'application/json'})

    def _listed(self, name, is_one, query, most, path=None):
        """What the pages of `path` hold under `name`; it is `name` itself
        where there is no `path`."""
        query = dict(query, limit=min(most or PAGE_SIZE, PAGE_SIZE))
        return itertools.islice(
            self._pages(path or name, name, schema.list_of(is_one), query),
            most)

    def _pages(self, path, name, is_page, query):
        markers = set()
        while True:
            response = self._request('GET', path, query)
            yield from answer.value(response, name, is_page)
            marker = _next_marker(response)
            if marker is None:
                return
            if marker in markers:
                raise exceptions.CommandError(
                    'The pages of %s do not end: %r comes again'
                    % (name, answer.plain(marker)))
            markers.add(marker)
            query['marker'] = marker

    def _request(self, method, path, query=None, headers=None, **more):
        headers = {**self._headers, **(headers or {})}
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


def _path(project_id, instance_id):
    path = 'projects/%s/' % scopes.quoted(project_id)
    return path + 'instances/%s/' % instance_id if instance_id else path


def _why_not_connected(error):
    """The operating system's text, which is deep in `error`."""
    if isinstance(error, ksa_exceptions.ConnectTimeout):
        return 'nothing within %d seconds' % TIMEOUT_SECONDS
    said = re.findall(r'\[Errno -?[0-9]+\] ([^\'")]+)', str(error))
    return answer.plain(said[-1] if said else error)


def in_place_of(before):
    """The header that lets a write replace only `before`.

    :param before: a policy of the API, None if none is stored
    """
    # A policy's entity tag is its revision in double quotes.
    return ({'If-None-Match': '*'} if before is None
            else {'If-Match': '"%d"' % before['revision']})


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
