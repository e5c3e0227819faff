# SPDX-License-Identifier: Apache-2.0
"""What this process keeps for its CONSOLE_POLICY: services, hosts, reports."""

import logging
import os
import threading

from django.conf import settings as django_settings

from console_policy_dashboard.shim import breaker
from console_policy_dashboard.shim import endpoint
from console_policy_dashboard.shim import hosts
from console_policy_dashboard.shim import nova
from console_policy_dashboard.shim import reports
from console_policy_dashboard.shim import resolution
from console_policy_dashboard.shim import server
from console_policy_dashboard.shim import service
from console_policy_dashboard.shim import settings as shim_settings

LOG = logging.getLogger(__name__)


class Runtime:
    """The services, the hosts that are down and the reporter of a process."""

    def __init__(self, settings):
        """A runtime for checked settings.

        :raises SettingsError:
        """
        self.settings = settings
        self.services = service.Services(settings)
        self.hosts = hosts.Hosts(settings.host_retry_after,
                                 settings.nova_timeout, settings.cache)
        self.reporter = reports.Reporter()
        self._errors = breaker.RateLimit()

    def budget(self):
        """The nova.Budget of an opening that begins now."""
        return nova.Budget(self.settings.nova_timeout)

    def resolve(self, request, instance):
        """The pair of Resolution and Service (or None) for one opening.

        Never raises: after any error the console opens in Horizon's order.
        """
        try:
            found = self.services.of(request)
            if found is None or not server.is_instance_id(
                    instance.instance_id):
                return resolution.STOCK_ORDER, None
            if not server.is_id(instance.project_id):
                # Not an outage, and denies cannot hold: never in silence.
                found.counts.fallback('misconfigured')
                if self._errors.allows():
                    LOG.error('console-policy: Horizon does not know the '
                              'project of instance %s; its console opens in '
                              'the order of Horizon', instance.instance_id)
                return resolution.STOCK_ORDER, None
            answer = found.resolve(request, instance)
            return answer or resolution.STOCK_ORDER, found
        except Exception:
            self._log_error(instance)
            return resolution.STOCK_ORDER, None

    def report(self, request, instance, answer, found, attempts):
        """Report and count what an opening showed. Never raises or waits.

        :param found: the Service that resolve() returned.
        :param attempts: the nova.Attempt of each type.
        """
        if found is None:
            return
        try:
            outcomes, counted = reports.outcomes_of(attempts, answer,
                                                    instance.fingerprint)
            for console_type, outcome in counted:
                found.counts.opening(console_type, outcome)
            if outcomes or found.counts.are_due:
                report = found.report(request, instance, outcomes)
                if report is not None:
                    self.reporter.offer(report)
        except endpoint.NoToken:
            LOG.debug('console-policy: no token to report with')
        except Exception:
            self._log_error(instance)

    def close(self):
        """Close connections and end the reporter's thread."""
        self.reporter.close()
        self.services.close()

    def _log_error(self, instance):
        LOG.log(logging.ERROR if self._errors.allows() else logging.DEBUG,
                'console-policy: an error of the shim; the console of %s '
                'opens all the same', instance.instance_id, exc_info=True)


class _Holder:
    """The Runtime for the settings as they are now."""

    def __init__(self):
        self._lock = threading.Lock()
        self._key = None
        self._runtime = None

    def get(self):
        raw = getattr(django_settings, 'CONSOLE_POLICY', {})
        # After a fork, connections and locks of the parent cannot be used.
        key = (os.getpid(), repr(raw))
        with self._lock:
            if key != self._key:
                if self._runtime is not None and self._key[0] == key[0]:
                    self._runtime.close()
                self._key, self._runtime = key, _make(raw)
            return self._runtime

    def reset(self):
        """Forget the Runtime, as a restart of Horizon does."""
        with self._lock:
            self._key = self._runtime = None


def _make(raw):
    try:
        settings = shim_settings.parse_settings(raw)
        made = Runtime(settings)
    except shim_settings.SettingsError as e:
        LOG.warning('console-policy: %s. Consoles open in the order of '
                    'Horizon', e)
        return Runtime(shim_settings.without_service())
    except Exception:
        LOG.exception('console-policy: an error of the shim; consoles open in '
                      'the order of Horizon')
        return Runtime(shim_settings.without_service())
    for key in settings.unknown:
        LOG.warning("console-policy: CONSOLE_POLICY['%s'] is not a setting "
                    "and does nothing", key)
    return made


HOLDER = _Holder()


def current():
    """The Runtime of this process; it asks no service if it has errors."""
    return HOLDER.get()
