# SPDX-License-Identifier: Apache-2.0
"""Ids to names, with the caller's own token, for people to read."""

import logging

from openstack import exceptions as sdk_exceptions

LOG = logging.getLogger(__name__)

#: Requests to Keystone that one command makes for names.
MAX_REQUESTS = 1000


class Labels:
    """The names of projects, domains and users. Asks for each id once.

    A name that Keystone does not tell the caller is None: the ids are there
    all the same. After a refusal (403) no more of that kind is asked for.
    """

    def __init__(self, client_manager):
        self._manager = client_manager
        self._known = {}
        self._refused = set()
        self._requests = 0
        token = client_manager.auth_ref
        # None when the token did not come from Keystone.
        if token is None:
            self._refused = {'project', 'domain', 'user'}
            return
        self._known = {
            ('project', token.project_id): token.project_name,
            ('domain', token.domain_id): token.domain_name,
            ('domain', token.project_domain_id): token.project_domain_name,
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
        if kind in self._refused:
            return None
        if self._requests == MAX_REQUESTS:
            LOG.warning('More than %d names to look up: the others are left '
                        'out', MAX_REQUESTS)
        self._requests += 1
        if self._requests > MAX_REQUESTS:
            return None
        identity = self._manager.sdk_connection.identity
        try:
            return getattr(identity, 'get_' + kind)(id_).name
        except sdk_exceptions.ResourceNotFound:
            return None
        except sdk_exceptions.SDKException as error:
            if getattr(error, 'status_code', None) != 403:
                LOG.warning('Keystone: %s', error)
            self._refused.add(kind)
            return None
