# SPDX-License-Identifier: Apache-2.0
"""Domains, projects, users, roles, services and endpoints of the rig (idempotent)."""
import os

from keystoneauth1 import session
from keystoneauth1.identity import v3

URL = os.environ['OS_AUTH_URL']
KEYSTONE = session.Session(auth=v3.Password(
    auth_url=URL, username='admin', password=os.environ['OS_PASSWORD'], project_name='admin',
    user_domain_name='Default', project_domain_name='Default'))
USER_PASSWORD, SERVICE_PASSWORD = os.environ['RIG_USER_PASS'], os.environ['RIG_SERVICE_PASS']


def call(method, path, body=None):
    answer = KEYSTONE.request(URL + path, method, json=body, raise_exc=False)
    if answer.status_code not in (200, 201, 204, 409):
        raise SystemExit('%s %s -> %s %s' % (method, path, answer.status_code, answer.text))
    return answer.json() if answer.text else {}


def ensure(kind, name, **fields):
    """The id of the `kind` called `name`, made if it is not there."""
    within = '&domain_id=' + fields['domain_id'] if 'domain_id' in fields else ''
    found = call('GET', '/%ss?name=%s%s' % (kind, name, within))[kind + 's']
    return (found or [call('POST', '/%ss' % kind, {kind: dict(fields, name=name)})[kind]])[0]['id']


def main():
    domains = {'Default': 'default', 'acme': ensure('domain', 'acme')}
    roles = {name: ensure('role', name) for name in ('admin', 'manager', 'member', 'reader', 'service')}
    # as Keystone's bootstrap does since 2023.2
    call('PUT', '/roles/%s/implies/%s' % (roles['manager'], roles['member']))
    projects = {name: ensure('project', name, domain_id=domains[domain]) for name, domain in (
        ('admin', 'Default'), ('service', 'Default'), ('demo', 'Default'), ('legacy', 'Default'),
        ('acme-prod', 'acme'))}
    users = {name: ensure('user', name, domain_id=domains[domain], password=password) for name, domain, password in (
        ('svc', 'Default', SERVICE_PASSWORD), ('alice', 'Default', USER_PASSWORD),
        ('bob', 'Default', USER_PASSWORD), ('carol', 'Default', USER_PASSWORD), ('dave', 'Default', USER_PASSWORD),
        ('erin', 'acme', USER_PASSWORD), ('frank', 'Default', USER_PASSWORD))}
    users['admin'] = ensure('user', 'admin')
    for project, user, role in (
            ('service', 'svc', 'admin'), ('service', 'svc', 'service'), ('demo', 'alice', 'member'),
            ('demo', 'carol', 'manager'), ('demo', 'dave', 'reader'), ('legacy', 'bob', 'member'),
            ('legacy', 'frank', 'manager'), ('acme-prod', 'erin', 'member'), ('demo', 'admin', 'admin'),
            ('legacy', 'admin', 'admin'), ('acme-prod', 'admin', 'admin')):
        call('PUT', '/projects/%s/users/%s/roles/%s' % (projects[project], users[user], roles[role]))

    existing = {(e['service_id'], e['interface']) for e in call('GET', '/endpoints')['endpoints']}
    for name, kind, url in (('glance', 'image', 'http://127.0.0.1:9292'),
                            ('placement', 'placement', 'http://127.0.0.1:8778'),
                            ('neutron', 'network', 'http://127.0.0.1:9696'),
                            ('nova', 'compute', 'http://127.0.0.1:8774/v2.1')):
        service = ensure('service', name, type=kind)
        for interface in ('public', 'internal', 'admin'):
            if (service, interface) not in existing:
                call('POST', '/endpoints', {'endpoint': {
                    'service_id': service, 'interface': interface, 'url': url, 'region_id': 'RegionOne'}})


main()
