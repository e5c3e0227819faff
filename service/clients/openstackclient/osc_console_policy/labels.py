# SPDX-License-Identifier: Apache-2.0
"""Ids to names, with the caller's own token, for people to read."""

import logging

from keystoneauth1 import exceptions as ksa_exceptions
from openstack import exceptions as sdk_exceptions

from osc_console_policy import scope as scopes

LOG = logging.getLogger(__name__)

#: Requests to Keystone that one command makes for names.
MAX_REQUESTS = 1000
TIMEOUT_SECONDS = 10


class Labels:
    """The names of projects, domains and users. Asks for each id once.

    A name that the caller may not read is None. Nothing is raised: if
    Keystone fails, the remaining names are None and one warning is logged.
    """

    def __init__(self, client_manager):
        self._manager = client_manager
        self._known = {}
        self._requests = 0
        token = client_manager.auth_ref
        # None when the token did not come from Keystone.
        self._may_ask = token is not None
        if token is not None:
            self._known = {
                ('project', token.project_id): token.project_name,
                ('domain', token.domain_id): token.domain_name,
                ('domain', token.project_domain_id):
                    token.project_domain_name,
                ('domain', token.user_domain_id): token.user_domain_name,
                ('user', token.user_id): token.username}

    def of_scope(self, scope):
        """The name of a scope's domain, project or user, or None."""
        if scope.kind == 'cloud':
            return None
        kind = 'project' if scope.kind == 'instance' else scope.kind
        return self._name(kind, getattr(scope, kind + '_id'))

    def of_user(self, user_id):
        """The name of a user, or None."""
        return self._name('user', user_id)

    def _name(self, kind, id_):
        if (kind, id_) not in self._known:
            self._known[kind, id_] = self._ask(kind, id_)
        return self._known[kind, id_]

    def _ask(self, kind, id_):
        if not self._may_ask:
            return None
        if self._requests == MAX_REQUESTS:
            return self._stop('More than %d names to look up' % MAX_REQUESTS)
        self._requests += 1
        try:
            # Not get_user() and its like: they put the id into the URL
            # unquoted, and take no timeout.
            response = self._manager.sdk_connection.identity.get(
                '/%ss/%s' % (kind, scopes.quoted(id_)),
                timeout=TIMEOUT_SECONDS)
            if response.status_code in (400, 403, 404):
                return None
            sdk_exceptions.raise_from_response(response)
            return response.json()[kind]['name']
        except (sdk_exceptions.SDKException, ksa_exceptions.ClientException,
                ValueError, KeyError, TypeError) as error:
            return self._stop(
                'Keystone did not answer a name lookup (%s)' % error)

    def _stop(self, why):
        self._may_ask = False
        LOG.warning('%s: the remaining names are left out', why)
