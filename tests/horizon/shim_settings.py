# SPDX-License-Identifier: Apache-2.0
"""Horizon's own test settings with the shim among the applications.

The service is absent: nothing listens on port 1.
"""

from openstack_dashboard.test.settings import *  # noqa: F401,F403
from openstack_dashboard.test.settings import INSTALLED_APPS

INSTALLED_APPS.insert(0, 'console_policy_dashboard')

CONSOLE_POLICY = {
    'ENDPOINT': 'http://127.0.0.1:1',
}
