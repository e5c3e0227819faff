# SPDX-License-Identifier: Apache-2.0
"""The places in Horizon that the shim replaces: all of them, or none."""

import sys

from openstack_dashboard.api.rest import nova as stock_rest
from openstack_dashboard.dashboards.project.instances import console as stock
from openstack_dashboard.dashboards.project.instances import tabs
from openstack_dashboard.dashboards.project.instances import views

from console_policy_dashboard import console
from console_policy_dashboard import pages
from console_policy_dashboard import rest
from console_policy_dashboard import serial

_URLS = 'openstack_dashboard.dashboards.project.instances.urls'


class SeamError(Exception):
    """This Horizon has no such place; nothing was replaced."""


def install():
    """Replace the places. Harmless when called again.

    :raises SeamError: a place is missing, or Horizon's URLs are loaded
        already and hold on to what would be replaced.
    """
    if stock.get_console is console.get_console:
        return
    if _URLS in sys.modules:
        raise SeamError('%s was loaded too early' % _URLS)
    serial_view = getattr(views, 'SerialConsoleView', None)
    tab = getattr(tabs, 'ConsoleTab', None)
    info = getattr(stock_rest, 'RemoteConsoleInfo', None)
    for owner, name in ((stock, 'get_console'), (stock, 'CONSOLES'),
                        (info, 'post'), (views, 'auto_console'),
                        (tab, 'get_context_data'), (tab, 'template_name'),
                        (serial_view, 'get_context_data'),
                        (serial_view, 'dispatch')):
        if not hasattr(owner, name):
            raise SeamError('%s has no %s' % (owner, name))

    # The order, in both of its places.
    stock.get_console = console.get_console
    info.post = rest.post
    # A word on the tab where policy leaves no console.
    tab.get_context_data = pages.with_denial(tab.get_context_data)
    tab.template_name = pages.TAB_TEMPLATE
    # The serial console.
    views.auto_console = serial.auto_console
    serial_view.template_name = serial.TEMPLATE
    serial_view.get_context_data = serial.with_denial(
        serial_view.get_context_data)
    serial_view.dispatch = serial.framed_by_same_origin(serial_view.dispatch)
