# SPDX-License-Identifier: Apache-2.0
"""nova-compute with nova's own fake driver, whose consoles point at the rig's guest.

The stock FakeDriver answers fakevncconsole.com:6969 with internal_access_path 'FAKE'; that path sends
nova-novncproxy into its HTTP CONNECT branch, which fails on bytes against str, so no viewer could ever
connect. RigDriver changes host, port and that path.

Besides, a guest has the graphics devices that its last definition gave it, as with nova's libvirt driver: creation,
hard reboot, start, rebuild and migration define it from the host's settings; a soft reboot or a restart of nova-compute
does not. The host's setting for SPICE can be switched off without a restart: a file `spice-off` in its state folder
(tools/spice). What Nova's API answers otherwise is untouched: whether a type is offered is decided by nova's compute
manager from the host's nova.conf.
"""
import json
import os

import nova.cmd.compute             # first: it does eventlet's monkey patching
import nova.conf
from nova import exception
from nova.console import type as console_type
from nova.virt import fake

CONF = nova.conf.CONF


class RigDriver(fake.FakeDriver):
    def init_host(self, host):
        """Guests outlive this process, as libvirt's do."""
        super().init_host(host)
        self._spice = {}            # guest -> whether its definition has SPICE
        self._file = os.path.join(CONF.state_path, 'guests.json')
        if os.path.exists(self._file):
            with open(self._file) as kept:
                for uuid, guest in json.load(kept).items():
                    self.instances[uuid] = fake.FakeInstance(guest['name'], guest['state'], uuid)
                    self._spice[uuid] = guest['spice']

    def _keep(self):
        with open(self._file + '.new', 'w') as kept:
            json.dump({uuid: {'name': guest.name, 'state': guest.state, 'spice': self._spice.get(uuid, True)}
                       for uuid, guest in self.instances.items()}, kept, indent=1)
        os.rename(self._file + '.new', self._file)

    def _host_gives_spice(self):
        return not os.path.exists(os.path.join(CONF.state_path, 'spice-off'))

    def _define(self, instance):
        self._spice[instance.uuid] = self._host_gives_spice()
        self._keep()

    def spawn(self, context, instance, *args, **kwargs):
        super().spawn(context, instance, *args, **kwargs)
        self._define(instance)

    def power_on(self, context, instance, *args, **kwargs):     # in libvirt the same as a hard reboot
        super().power_on(context, instance, *args, **kwargs)
        self._define(instance)

    def reboot(self, context, instance, network_info, reboot_type, *args, **kwargs):
        before = self._spice.get(instance.uuid, True)
        super().reboot(context, instance, network_info, reboot_type, *args, **kwargs)   # powers on
        if reboot_type == 'SOFT':
            self._spice[instance.uuid] = before
            self._keep()

    def power_off(self, instance, *args, **kwargs):
        super().power_off(instance, *args, **kwargs)
        self._keep()

    def destroy(self, context, instance, *args, **kwargs):
        super().destroy(context, instance, *args, **kwargs)
        self._spice.pop(instance.uuid, None)
        self._keep()

    def finish_revert_migration(self, context, instance, *args, **kwargs):
        super().finish_revert_migration(context, instance, *args, **kwargs)
        self._define(instance)

    def get_vnc_console(self, context, instance):
        return console_type.ConsoleVNC(host='127.0.0.1', port=6969)

    def get_spice_console(self, context, instance):
        if not self._host_gives_spice():    # nova's compute manager, where [spice] enabled = false
            raise exception.ConsoleTypeUnavailable(console_type='spice-html5')
        if not self._spice.get(instance.uuid, True):            # nova's libvirt driver
            raise exception.ConsoleTypeUnavailable(console_type='spice')
        return console_type.ConsoleSpice(host='127.0.0.1', port=6970, tlsPort=None)

    def get_serial_console(self, context, instance):
        return console_type.ConsoleSerial(host='127.0.0.1', port=6971)


fake.RigDriver = RigDriver          # nova looks a driver up under nova.virt
nova.cmd.compute.main()
