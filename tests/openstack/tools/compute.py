# SPDX-License-Identifier: Apache-2.0
"""nova-compute with nova's own fake driver, whose consoles point at the rig's guest.

The stock FakeDriver answers fakevncconsole.com:6969 with internal_access_path 'FAKE'; that path sends
nova-novncproxy into its HTTP CONNECT branch, which fails on bytes against str, so no viewer could ever
connect. RigDriver changes only host, port and that path. What Nova's API answers is untouched: whether a
type is offered is decided by nova's compute manager from the host's nova.conf.
"""
import nova.cmd.compute             # first: it does eventlet's monkey patching
from nova.console import type as console_type
from nova.virt import fake


class RigDriver(fake.FakeDriver):
    def get_vnc_console(self, context, instance):
        return console_type.ConsoleVNC(host='127.0.0.1', port=6969)

    def get_spice_console(self, context, instance):
        return console_type.ConsoleSpice(host='127.0.0.1', port=6970, tlsPort=None)

    def get_serial_console(self, context, instance):
        return console_type.ConsoleSerial(host='127.0.0.1', port=6971)


fake.RigDriver = RigDriver          # nova looks a driver up under nova.virt
nova.cmd.compute.main()
