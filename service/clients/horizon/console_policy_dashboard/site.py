# SPDX-License-Identifier: Apache-2.0
"""What this process has for the settings of this dashboard."""

import logging
import os
import threading

from django.conf import settings as django_settings

from console_policy_dashboard import conf
from console_policy_dashboard import credentials
from console_policy_dashboard import decision as decisions
from console_policy_dashboard import hosts
from console_policy_dashboard import nova
from console_policy_dashboard import outage
from console_policy_dashboard import question
from console_policy_dashboard import reports
from console_policy_dashboard import sources

LOG = logging.getLogger(__name__)
_FAULT_DUE = outage.Seldom()


class Site:
    """The services, the hosts that are down and the reports of a process."""

    def __init__(self, settings):
        """A site for checked settings.

        :raises conf.SettingsError:
        """
        self.settings = settings
        self.sources = sources.Sources(settings)
        self.hosts = hosts.Hosts(settings.host_retry_after,
                                 settings.nova_timeout, settings.cache)
        self.reports = reports.Reports()

    def budget(self):
        """The nova.Budget of one opening that begins now."""
        return nova.Budget(self.settings.nova_timeout)

    def decide(self, request, instance):
        """The decision.Decision for one opening, and its Source or None.

        Never raises: whatever goes wrong here, a console still opens in
        Horizon's own order.
        """
        try:
            # Nova's ids are UUIDs; with anything else there is nothing to
            # ask.
            if not question.is_instance_id(instance.instance_id):
                return decisions.HORIZONS_OWN, None
            if not isinstance(instance.project_id, str):
                return decisions.HORIZONS_OWN, None
            source = self.sources.of(request)
            if source is None:
                return decisions.HORIZONS_OWN, None
            answer = source.resolve(request, instance)
            if answer is None:
                return decisions.HORIZONS_OWN, source
            return decisions.Decision(
                answer.consoles, dict(answer.denied),
                answer.known_unavailable, answer.known_available), source
        except Exception:
            self._fault(instance)
            return decisions.HORIZONS_OWN, None

    def report(self, request, instance, decision, source, tries):
        """Say what a walk taught, and count it. Never raises, never waits.

        :param tries: the nova.Try of each type that was asked for.
        """
        if source is None:
            return
        try:
            outcomes, counted = reports.outcomes_of(tries, decision,
                                                    instance.fingerprint)
            for console_type, outcome in counted:
                source.tally.opening(console_type, outcome)
            if outcomes or source.tally.is_due:
                report = source.report(request, instance, outcomes)
                if report is not None:
                    self.reports.offer(report)
        except credentials.NoToken:
            LOG.debug('console-policy: nobody to report as')
        except Exception:
            self._fault(instance)

    def close(self):
        """Let go of connections and of the thread."""
        self.reports.close()
        self.sources.close()

    @staticmethod
    def _fault(instance):
        LOG.log(logging.ERROR if _FAULT_DUE.now() else logging.DEBUG,
                'console-policy: a fault of the shim; the console of %s opens '
                'all the same', instance.instance_id, exc_info=True)


class _Current:
    """The Site for the settings as they are now, one per process."""

    def __init__(self):
        self._lock = threading.Lock()
        self._made_of = None
        self._site = None

    def site(self):
        """The Site; one that asks no service where it cannot be made."""
        raw = getattr(django_settings, 'CONSOLE_POLICY', {})
        # After a fork neither connections nor locks of the parent are ours.
        made_of = (os.getpid(), repr(raw))
        with self._lock:
            if made_of != self._made_of:
                before, self._site = self._site, self._make(raw)
                if before is not None and self._made_of is not None and \
                        self._made_of[0] == os.getpid():
                    before.close()
                self._made_of = made_of
            return self._site

    def _make(self, raw):
        try:
            settings = conf.parse_settings(raw)
            made = Site(settings)
        except conf.SettingsError as e:
            LOG.warning('console-policy: %s. Consoles open in the order of '
                        'Horizon', e)
            return Site(conf.nobody_asked())
        except Exception:
            LOG.exception('console-policy: a fault of the shim; consoles open '
                          'in the order of Horizon')
            return Site(conf.nobody_asked())
        for key in settings.unknown:
            LOG.warning("console-policy: CONSOLE_POLICY['%s'] is not a "
                        "setting and does nothing", key)
        return made


CURRENT = _Current()
