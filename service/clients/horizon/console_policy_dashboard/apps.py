# SPDX-License-Identifier: Apache-2.0
"""The Django application: patches Horizon's console code at start."""

import logging

from django import apps
from django.utils.translation import gettext_lazy as _

LOG = logging.getLogger(__name__)


class ConsolePolicyConfig(apps.AppConfig):
    """Patches Horizon once all applications are loaded."""

    name = 'console_policy_dashboard'
    verbose_name = _('Console policy')

    def ready(self):
        """Patch Horizon. An error is logged and never stops Horizon."""
        try:
            # Not at the top: Horizon's views need the loaded applications.
            from console_policy_dashboard.shim import patches
            from console_policy_dashboard.shim import runtime
            patches.install()
        except Exception:
            LOG.exception('console-policy does not fit this Horizon; consoles '
                          'open in the order of Horizon')
            return
        try:
            # Wrong settings are logged at start, not at the first opening.
            runtime.current()
        except Exception:
            LOG.exception('console-policy: an error of the shim at start')
