# SPDX-License-Identifier: Apache-2.0
"""Nova as one person sees it, for what is done to servers beside opening their consoles."""
import time

from keystoneauth1 import session
from keystoneauth1.identity import v3

from . import rig

URL = 'http://127.0.0.1:8774/v2.1'
SETTLES_WITHIN = 60     # seconds
_TASK = 'OS-EXT-STS:task_state'
_BUSY = ('BUILD', 'REBOOT', 'HARD_REBOOT', 'REBUILD', 'MIGRATING', 'RESIZE')


class Nova:
    def __init__(self, user, project, password=rig.USER_PASSWORD):
        self._session = session.Session(auth=v3.Password(
            auth_url=rig.KEYSTONE, username=user, password=password, project_name=project,
            user_domain_name='Default', project_domain_name='Default'), timeout=30)

    def call(self, method, path, body=None, version='2.1', expected=(200, 201, 202, 204)):
        answer = self._session.request(URL + path, method, json=body, raise_exc=False, headers={
            'OpenStack-API-Version': 'compute ' + version})
        if answer.status_code not in expected:
            raise RuntimeError('%s %s %s -> %d %s' % (method, path, body, answer.status_code, answer.text))
        return answer.json() if answer.status_code == 200 else answer

    def token(self):
        return self._session.get_token()

    def user_id(self):
        return self._session.get_user_id()

    def show(self, server):
        return self.call('GET', '/servers/' + server['id'])['server']

    def act(self, server, action, version='2.1', settle=True, status=None):
        """POST .../action, and wait until no task is in progress and the status is this one, if one is given."""
        self.call('POST', '/servers/%s/action' % server['id'], action, version)
        return self.settled(server, status) if settle else None

    def settled(self, server, status=None):
        deadline = time.monotonic() + SETTLES_WITHIN
        while True:
            seen = self.show(server)
            if seen[_TASK] is None and seen['status'] not in _BUSY and status in (None, seen['status']):
                return seen
            if time.monotonic() > deadline:
                raise RuntimeError('%s is still %s, %s' % (server['id'], seen['status'], seen[_TASK]))
            time.sleep(0.2)

    def create(self, name, host):
        """A server for one test, of this project, ready to be used (an administrator's right). Without a host it is one
        that no host has room for, in error."""
        image = self.call('GET', '/images?name=tiny')['images'][0]['id']
        wanted = {'name': name, 'imageRef': image, 'networks': 'none'}
        if host:
            wanted.update(host=host, flavorRef=self._flavor('tiny'))
        else:
            wanted['flavorRef'] = self._flavor('impossible', ram=64, vcpus=1, disk=1)
            # no host of the rig has this trait
            self.call('POST', '/flavors/%s/os-extra_specs' % wanted['flavorRef'], {
                'extra_specs': {'trait:HW_CPU_X86_SGX': 'required'}})
        made = self.call('POST', '/servers', {'server': wanted}, '2.74')
        server = {'id': made.json()['server']['id'], 'host': host, 'user': 'alice', 'domain': 'Default'}
        server['project_id'] = self.settled(server)['tenant_id']
        return server

    def _flavor(self, name, **size):
        for flavor in self.call('GET', '/flavors')['flavors']:
            if flavor['name'] == name:
                return flavor['id']
        return self.call('POST', '/flavors', {'flavor': dict(size, name=name)})['flavor']['id']

    def delete(self, server):
        self.call('DELETE', '/servers/' + server['id'], expected=(204, 404))

    def gone(self, server):
        """Wait until a server that is being deleted is not there any more."""
        deadline = time.monotonic() + SETTLES_WITHIN
        while time.monotonic() < deadline:
            answer = self._session.get('%s/servers/%s' % (URL, server['id']), raise_exc=False)
            if answer.status_code == 404:
                return
            time.sleep(0.3)
        raise RuntimeError('%s is still there' % server['id'])
