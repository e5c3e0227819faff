# SPDX-License-Identifier: Apache-2.0
"""The cloud of the real profile: its projects and instances, and the requests that a dashboard and an admin send."""

import hashlib
import json
import multiprocessing
import random
import time

PROJECTS = 500
HOSTS_PER_PROJECT = 20
USERS = 500
INSTANCE_POLICIES = 2000
FIRST_UPDATE = 1_700_000_000  # Nova's `updated` of every instance before anything changes it
PAGE = 100                    # rows of a list that a dashboard shows at once


def project(number):
    return f'{number % PROJECTS:032x}'


def user(number):
    return f'user-{number % USERS:04d}'


def token(number):
    return f'member-of-{project(number)}'


def instance(number):
    """A UUID; consecutive numbers lie far apart, as those of Nova do."""
    scrambled = number * 0x9E3779B97F4A7C15 % 2**64
    return f'{scrambled >> 32:08x}-{scrambled >> 16 & 0xffff:04x}-4{scrambled >> 4 & 0xfff:03x}-8000-{number:012x}'


def host(number):
    return f'{number % PROJECTS:028x}{number // PROJECTS % HOSTS_PER_PROJECT:028x}'


def outcomes(number):
    """[(type, outcome)]: every third instance has no SPICE."""
    return [('SPICE', 'opened')] if number % 3 else [('SPICE', 'unavailable'), ('VNC', 'opened')]


def rfc3339(seconds):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(seconds))


def tokens_yaml(first_lines):
    """The text of a tokens file with a member of each project."""
    lines = [first_lines.rstrip('\n')]
    for number in range(PROJECTS):
        digest = hashlib.sha256(token(number).encode()).hexdigest()
        lines += [f'  - sha256: {digest}', f'    user_id: {user(number)}', f'    project_id: "{project(number)}"',
                  '    project_domain_id: default', '    roles: [member, reader]']
    return '\n'.join(lines) + '\n'


def operations(instances):
    """Those of POST /v1/policies/batch: a policy of the cloud, a domain, every project, every user, some instances."""
    targets = [{'scope': 'cloud'}, {'scope': 'domain', 'domain_id': 'default'}]
    targets += [{'scope': 'project', 'project_id': project(number)} for number in range(PROJECTS)]
    targets += [{'scope': 'user', 'user_id': user(number)} for number in range(USERS)]
    targets += [{'scope': 'instance', 'project_id': project(number), 'instance_id': instance(number)}
                for number in range(min(INSTANCE_POLICIES, instances))]
    return [{'action': 'put', 'target': target, 'policy': {'prefer': ['SPICE', 'VNC'], 'reason': 'the profile'}}
            for target in targets]


class Requests:
    """What is sent, as bytes. Both load processes share `updates`, so that an opening has the fingerprint of the last
    report."""

    def __init__(self, instances, admin_token):
        self._instances, self._admin_token = instances, admin_token
        self._updates = multiprocessing.RawArray('I', instances)
        self._lists = 0

    def resolution(self, drawn: random.Random):
        number = drawn.randrange(self._instances)
        query = f'instance_updated={rfc3339(self._updated(number))}&host_id={host(number)}'
        return self._bytes('GET', f'{self._path(number)}/consoles?{query}', token(number))

    def report(self, drawn: random.Random):
        """Of an instance that has changed, so that the service has something to store."""
        number = drawn.randrange(self._instances)
        self._updates[number] += 1
        learned = [{'type': kind, 'outcome': outcome, 'milliseconds': 80} for kind, outcome in outcomes(number)]
        body = {'report': {'instance_updated': rfc3339(self._updated(number)), 'host_id': host(number),
                           'outcomes': learned}}
        return self._bytes('POST', f'{self._path(number)}/outcomes', token(number), body)

    def write(self, drawn: random.Random):
        path = f'/v1/policies/projects/{project(drawn.randrange(PROJECTS))}'
        body = {'policy': {'prefer': ['VNC', 'SPICE'], 'reason': f'ticket {drawn.randrange(10**6)}'}}
        return self._bytes('PUT', path, self._admin_token, body)

    def list(self, drawn: random.Random):
        """Policies, changes and availability in turn."""
        self._lists += 1
        path = (f'/v1/policies?limit={PAGE}', f'/v1/changes?limit={PAGE}',
                f'/v1/availability?project_id={project(drawn.randrange(PROJECTS))}&limit={PAGE}')[self._lists % 3]
        return self._bytes('GET', path, self._admin_token)

    def _updated(self, number):
        return FIRST_UPDATE + self._updates[number]

    def _path(self, number):
        return f'/v1/projects/{project(number)}/instances/{instance(number)}'

    @staticmethod
    def _bytes(method, path, secret, body=None):
        text = json.dumps(body) if body else ''
        more = f'Content-Type: application/json\r\nContent-Length: {len(text)}\r\n' if body else ''
        return (f'{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: {secret}\r\n{more}\r\n{text}').encode()
