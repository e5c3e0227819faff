# SPDX-License-Identifier: Apache-2.0
"""OpenStack's personas with tokens of a real Keystone, and their own and foreign objects."""

import uuid
from dataclasses import dataclass

from world import PASSWORDS

ROLES = ('admin', 'manager', 'member', 'reader', 'service', 'onlooker')
IMPLIED = (('manager', 'member'), ('member', 'reader'))


@dataclass(frozen=True)
class Persona:
    name: str
    token: str
    own: dict  # project_id, domain_id, user_id
    foreign: dict


class Personas:
    """Makes users for the personas, in projects that are there, and takes them away again."""

    def __init__(self, keystone, add_cleanup):
        self._keystone = keystone
        self._cleanup = add_cleanup
        self._roles = {name: self._role(name) for name in ROLES}
        for prior, implied in IMPLIED:
            self._imply(self._roles[prior], self._roles[implied])
        self.by_name = {persona.name: persona for persona in (
            self._in_project('admin', 'admin', 'admin', 'demo'),
            self._in_project('manager', 'manager', 'demo', 'legacy'),
            self._in_project('member', 'member', 'demo', 'legacy'),
            self._in_project('reader', 'reader', 'demo', 'legacy'),
            self._in_project('service', 'service', 'service', 'legacy'),
            self._of_domain('domain manager', 'manager', 'acme', 'acme-prod', 'legacy'),
            self._in_project('another role', 'onlooker', 'demo', 'legacy'),
        )}

    def _role(self, name):
        known = self._keystone.roles.get(name)
        if known:
            return known
        made = self._keystone.call('POST', '/roles', {'role': {'name': name}})['role']['id']
        self._cleanup(self._keystone.call, 'DELETE', f'/roles/{made}')
        return made

    def _imply(self, prior, implied):
        known = self._keystone.get(f'/roles/{prior}/implies')['role_inference']['implies']
        if implied not in [role['id'] for role in known]:
            self._keystone.call('PUT', f'/roles/{prior}/implies/{implied}')

    def _user(self):
        name, password = 'walker-' + uuid.uuid4().hex, uuid.uuid4().hex
        PASSWORDS[name] = password
        made = self._keystone.call('POST', '/users', {'user': {
            'name': name, 'password': password, 'domain_id': 'default'}})['user']['id']
        self._cleanup(self._keystone.call, 'DELETE', f'/users/{made}')
        return name, made

    def _in_project(self, name, role, project, foreign):
        login, user = self._user()
        projects = self._keystone.projects
        self._keystone.call('PUT', f'/projects/{projects[project]}/users/{user}/roles/{self._roles[role]}')
        return self._persona(name, self._keystone.token(login, project), user,
                             (projects[project], 'default'), (projects[foreign], self._keystone.domains['acme']))

    def _of_domain(self, name, role, domain, project, foreign):
        login, user = self._user()
        own, projects = self._keystone.domains[domain], self._keystone.projects
        self._keystone.call('PUT', f'/domains/{own}/users/{user}/roles/{self._roles[role]}')
        return self._persona(name, self._keystone.token(login, domain_id=own), user,
                             (projects[project], own), (projects[foreign], 'default'))

    def _persona(self, name, token, user, own, foreign):
        somebody = self._keystone.users['alice']
        return Persona(name, token, dict(zip(('project_id', 'domain_id'), own), user_id=user),
                       dict(zip(('project_id', 'domain_id'), foreign), user_id=somebody))
