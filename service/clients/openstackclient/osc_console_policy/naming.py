# SPDX-License-Identifier: Apache-2.0
"""Names to ids: through Keystone and Nova, as OpenStackClient does it.

Where Keystone cannot be asked (authentication with a bare token), ids are
taken as they are. Where it may not be asked (most users may not list
projects), a name is looked for in the caller's own token and among the
caller's own projects, and is an id if it is not there.
"""

import re

from openstack import exceptions as sdk_exceptions
from osc_lib import exceptions

from osc_console_policy import scope as scopes


class Names:
    """Finds ids for one command."""

    def __init__(self, client_manager):
        self._manager = client_manager
        # None when the token did not come from Keystone.
        self._token = client_manager.auth_ref

    def domain(self, name):
        """The id of the domain with this name or id."""
        if self._token is None:
            return scopes.checked_id('domain_id', name)
        return self._identity('domain', name, self._own_domain)

    def project(self, name, domain=None):
        """The id of the project with this name or id.

        :param domain: name or id of the domain to look in
        """
        if self._token is None:
            return scopes.checked_id('project_id', name)
        within = {'domain_id': self.domain(domain)} if domain else {}
        return self._identity('project', name, self._own_project, **within)

    def user(self, name, domain=None):
        """The id of the user with this name or id.

        :param domain: name or id of the domain to look in
        """
        if self._token is None:
            return scopes.checked_id('user_id', name)
        within = {'domain_id': self.domain(domain)} if domain else {}
        return self._identity('user', name, self._own_user, **within)

    def own_project(self):
        """The project of the caller's token.

        :raises CommandError: it has none, or is not Keystone's
        """
        if self._token is None or not self._token.project_id:
            raise exceptions.CommandError(
                'Which project? Give --project or --instance')
        return self._token.project_id

    def instance(self, name, project=None):
        """The ids of an instance's project and of the instance.

        With the project and the UUID, Nova is not asked: so the policy of
        an instance that is gone can still be removed.

        :param project: the project's id, if it is known
        """
        known = scopes.is_id('instance_id', name)
        if project and known:
            return project, name
        if self._token is None:
            if not known:
                scopes.checked_id('instance_id', name)
            raise exceptions.CommandError(
                'Nova cannot be asked whose instance %s is: give --project '
                'too' % name)
        server = self._server(name, project)
        return (scopes.checked_id('project_id', server.project_id),
                scopes.checked_id('instance_id', server.id))

    def fingerprint(self, instance_id):
        """How an instance now runs, as the API takes it.

        Nothing where Nova cannot be asked (authentication with a bare token).

        :raises CommandError: Nova does not answer, or the instance is being
            changed, when it has none
        """
        if self._token is None:
            return {}
        try:
            server = self._manager.sdk_connection.compute.get_server(
                instance_id)
        except sdk_exceptions.SDKException as error:
            raise exceptions.CommandError(
                'Nova: %s' % error) from error
        if server.task_state:
            raise exceptions.CommandError(
                'the instance is in the task state %s' % server.task_state)
        return {'instance_updated': server.updated_at,
                'host_id': server.host_id or ''}

    def _identity(self, kind, name, own, **within):
        find = getattr(self._manager.sdk_connection.identity,
                       'find_' + kind)
        try:
            found = find(name, ignore_missing=False, **within).id
        except sdk_exceptions.ResourceNotFound:
            raise exceptions.CommandError(
                "No %s with a name or ID of '%s' exists." % (kind, name))
        except sdk_exceptions.HttpException as error:
            if error.status_code != 403:
                raise exceptions.CommandError(
                    'Keystone: %s' % error) from error
            found = own(name, within.get('domain_id')) or name
        except sdk_exceptions.SDKException as error:
            raise exceptions.CommandError(str(error)) from error
        return scopes.checked_id(kind + '_id', found)

    def _own_domain(self, name, _):
        token = self._token
        return _first(name, (
            (token.project_domain_id, token.project_domain_name),
            (token.domain_id, token.domain_name),
            (token.user_domain_id, token.user_domain_name)))

    def _own_user(self, name, domain_id):
        token = self._token
        if domain_id not in (None, token.user_domain_id):
            return None
        return _first(name, ((token.user_id, token.username),))

    def _own_project(self, name, domain_id):
        token = self._token
        if domain_id in (None, token.project_domain_id):
            found = _first(name, ((token.project_id, token.project_name),))
            if found:
                return found
        answer = self._manager.sdk_connection.identity.get('/auth/projects')
        if answer.status_code != 200:
            return None
        return _first(name, (
            (project['id'], project['name'])
            for project in answer.json()['projects']
            if domain_id in (None, project['domain_id'])))

    def _server(self, name, project):
        compute = self._manager.sdk_connection.compute
        try:
            server = compute.find_server(name) or self._foreign(name, project)
            if server is None:
                raise exceptions.CommandError(
                    "No server with a name or ID of '%s' exists." % name)
            # A list without details has no projects.
            if not server.project_id:
                server = compute.get_server(server.id)
        except sdk_exceptions.SDKException as error:
            raise exceptions.CommandError('Nova: %s' % error) from error
        if project and server.project_id != project:
            raise exceptions.CommandError(
                'Instance %s belongs to project %s, not to %s' % (
                    name, server.project_id, project))
        return server

    def _foreign(self, name, project):
        """The server of another project, for those who may see them."""
        query = {'project_id': project} if project else {}
        try:
            # Nova takes the name as a regular expression.
            servers = [server for server in
                       self._manager.sdk_connection.compute.servers(
                           all_projects=True, name=re.escape(name), **query)
                       if server.name == name]
        except sdk_exceptions.HttpException as error:
            if error.status_code == 403:
                return None
            raise
        if len(servers) > 1:
            raise exceptions.CommandError(
                "More than one server exists with the name '%s': give its "
                'ID' % name)
        return servers[0] if servers else None


def _first(name, pairs):
    """The first id whose pair (id, name) has `name`."""
    return next((pair[0] for pair in pairs if name in pair), None)
