# SPDX-License-Identifier: Apache-2.0
"""Image, flavor and servers of the rig (idempotent); writes servers.json into the state folder."""
import contextlib
import json
import os
import pathlib
import sys
import time

import openstack

# server, project, its domain, compute host, the user that opens its consoles in the scenarios
SERVERS = (('vm-new', 'demo', 'Default', 'new', 'alice'), ('vm-twin', 'demo', 'Default', 'new', 'alice'),
           ('vm-old', 'demo', 'Default', 'old', 'alice'), ('vm-legacy', 'legacy', 'Default', 'old', 'bob'),
           ('vm-mixed', 'demo', 'Default', 'mixed', 'alice'), ('vm-acme', 'acme-prod', 'acme', 'new', 'erin'))
OLDER_THAN_SPICE = ('vm-mixed',)    # made while their host had SPICE switched off
ACTIVE_WITHIN = 60      # seconds


def connect(project, domain='Default'):
    return openstack.connect(
        auth_url=os.environ['OS_AUTH_URL'], username='admin', password=os.environ['OS_PASSWORD'],
        project_name=project, user_domain_name='Default', project_domain_name=domain,
        region_name='RegionOne', load_yaml_config=False, load_envvars=False)


def create(compute, name, host, image, flavor):
    answer = compute.post('/servers', microversion='2.74', json={'server': {
        'name': name, 'imageRef': image.id, 'flavorRef': flavor.id, 'networks': 'none', 'host': host}})
    if answer.status_code != 202:
        sys.exit('create %s: %s %s' % (name, answer.status_code, answer.text))
    return answer.json()['server']['id']


def wait_until_active(compute, name, server_id, host):
    deadline = time.monotonic() + ACTIVE_WITHIN
    while True:
        answer = compute.get('/servers/' + server_id)
        if answer.status_code != 200:
            sys.exit('show %s: %s %s' % (name, answer.status_code, answer.text))
        server = answer.json()['server']
        if server['status'] == 'ACTIVE' and server['OS-EXT-SRV-ATTR:host'] == host:
            return server
        if server['status'] != 'BUILD' or time.monotonic() > deadline:
            sys.exit('%s is %s on %s, not ACTIVE on %s: %s' % (
                name, server['status'], server['OS-EXT-SRV-ATTR:host'], host, server.get('fault', '')))
        time.sleep(0.5)


@contextlib.contextmanager
def spice_switched_off(host):
    flag = pathlib.Path(os.environ['RIG_STATE'], 'nova-' + host, 'spice-off')
    flag.touch()
    try:
        yield
    finally:
        flag.unlink()


def main():
    admin = connect('admin')
    # the fake driver never reads the image; 64 KiB of zeroes will do
    image = admin.image.find_image('tiny') or admin.image.create_image(
        'tiny', disk_format='raw', container_format='bare', visibility='public', data=b'\0' * 65536)
    flavor = admin.compute.find_flavor('tiny') or admin.compute.create_flavor(name='tiny', ram=64, vcpus=1, disk=1)
    servers = {}
    for name, project, domain, host, user in SERVERS:
        compute = connect(project, domain).compute
        found = compute.find_server(name)
        with spice_switched_off(host) if name in OLDER_THAN_SPICE and not found else contextlib.nullcontext():
            server_id = found.id if found else create(compute, name, host, image, flavor)
            server = wait_until_active(compute, name, server_id, host)
        domain_id = 'default' if domain == 'Default' else admin.identity.find_domain(domain).id
        servers[name] = {'id': server_id, 'host': host, 'user': user, 'project': project,
                         'project_id': server['tenant_id'], 'domain': domain, 'domain_id': domain_id}
    with open(os.path.join(os.environ['RIG_STATE'], 'servers.json'), 'w') as out:
        json.dump(servers, out, indent=1)


main()
