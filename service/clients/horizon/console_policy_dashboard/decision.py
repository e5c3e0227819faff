# SPDX-License-Identifier: Apache-2.0
"""What holds for one opening: the types to try and the types denied."""

import logging
import os
import threading
from typing import NamedTuple
from typing import Optional

from django.conf import settings as django_settings

from console_policy_dashboard import conf
from console_policy_dashboard import outage
from console_policy_dashboard import question
from console_policy_dashboard import sources

LOG = logging.getLogger(__name__)

AUTO = 'AUTO'


class Decision(NamedTuple):
    """The types to try and the types that are denied.

    order is None where Horizon's own order holds. denied is a dict: type to
    tuple of DeniedBy.
    """

    order: Optional[tuple]
    denied: dict

    def candidates(self, console_type, offered):
        """The types to try, in order.

        :param console_type: AUTO, or the one type that was asked for.
        :param offered: the types this Horizon knows, in its own order.
        """
        if console_type != AUTO:
            order = (console_type,)
        elif self.order is None:
            order = offered
        else:
            order = self.order
        return [t for t in order if t in offered and t not in self.denied]

    def refuses(self, console_type, offered):
        """Whether it is the decision that leaves nothing to try."""
        if console_type != AUTO:
            return console_type in self.denied
        if self.order is not None:
            return not self.order
        return all(t in self.denied for t in offered)


HORIZONS_OWN = Decision(None, {})


class _Current:
    """The Sources for the settings as they are now, one per process."""

    def __init__(self):
        self._lock = threading.Lock()
        self._made_of = None
        self._sources = None

    def sources(self):
        """The Sources, or None when the settings cannot be used."""
        raw = getattr(django_settings, 'CONSOLE_POLICY', {})
        # After a fork neither connections nor locks of the parent are ours.
        made_of = (os.getpid(), repr(raw))
        with self._lock:
            if made_of != self._made_of:
                self._sources = self._make(raw)
                self._made_of = made_of
            return self._sources

    def _make(self, raw):
        try:
            settings = conf.parse_settings(raw)
            made = sources.Sources(settings)
        except conf.SettingsError as e:
            LOG.warning('console-policy: %s. Consoles open in the order of '
                        'Horizon', e)
            return None
        for key in settings.unknown:
            LOG.warning("console-policy: CONSOLE_POLICY['%s'] is not a "
                        "setting and does nothing", key)
        return made


CURRENT = _Current()
_FAULT_DUE = outage.Seldom()


def decide(request, project_id, instance_id):
    """The decision for one opening of an instance's console.

    Never raises: whatever goes wrong here, a console still opens in
    Horizon's own order.
    """
    try:
        known = CURRENT.sources()
        # Nova's ids are UUIDs; with anything else there is nothing to ask.
        if known is None or not question.is_instance_id(instance_id):
            return HORIZONS_OWN
        if not isinstance(project_id, str):
            return HORIZONS_OWN
        source = known.of(request)
        answer = source and source.resolve(request, project_id, instance_id)
        if answer is None:
            return HORIZONS_OWN
        return Decision(answer.consoles, dict(answer.denied))
    except Exception:
        LOG.log(logging.ERROR if _FAULT_DUE.now() else logging.DEBUG,
                'console-policy: a fault of the shim; the console of %s opens '
                'in the order of Horizon', instance_id, exc_info=True)
        return HORIZONS_OWN
