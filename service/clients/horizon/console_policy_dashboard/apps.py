# SPDX-License-Identifier: Apache-2.0
"""The Django application: it replaces the order when Horizon starts."""

import logging

from django import apps
from django.utils.translation import gettext_lazy as _

LOG = logging.getLogger(__name__)


class ConsolePolicyConfig(apps.AppConfig):
    """Installs the seams once all applications are loaded."""

    name = 'console_policy_dashboard'
    verbose_name = _('Console policy')

    def ready(self):
        """Replace the order; never keep Horizon from starting."""
        try:
            # Not at the top: Horizon's views need the applications loaded.
            from console_policy_dashboard import seams
            from console_policy_dashboard import site
            seams.install()
        except Exception:
            LOG.exception('console-policy does not fit this Horizon; consoles '
                          'open as they do without it')
            return
        try:
            # Wrong settings are told at the start, not at the first click.
            site.CURRENT.site()
        except Exception:
            LOG.exception('console-policy: a fault of the shim at the start')
