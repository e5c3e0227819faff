# SPDX-License-Identifier: Apache-2.0
"""The services that this process asks, and what it knows about each."""

import collections
import logging
import threading
import time
from urllib import parse

from console_policy_dashboard.shim import breaker
from console_policy_dashboard.shim import cache
from console_policy_dashboard.shim import client
from console_policy_dashboard.shim import endpoint
from console_policy_dashboard.shim import reports
from console_policy_dashboard.shim import resolution
from console_policy_dashboard.shim import server
from console_policy_dashboard.shim import settings as shim_settings

LOG = logging.getLogger(__name__)

#: Services that a process keeps connections to, usually one a region. The
#: least recently used one is closed first.
MAX_SERVICES = 8
#: Seconds. An error that comes sooner makes no user wait.
AT_ONCE = 0.1


class Service:
    """One service. Safe for concurrent use."""

    def __init__(self, where, settings, memory):
        """A service at an Endpoint.

        :param memory: a cache.Memory, shared with other services.
        :raises SettingsError:
        """
        self.endpoint = where
        self.breaker = breaker.CircuitBreaker(where.url, settings.retry_after)
        self.counts = reports.Counts()
        self._settings = settings
        self._memory = memory
        self._client = client.PolicyClient(where, settings)

    def resolve(self, request, instance):
        """The Resolution for one opening, or None if nothing is known.

        The service's answer, else its last known answer, else what it last
        denied in the whole project. Takes at most the timeout of the
        settings.
        """
        project = (self.endpoint.url, instance.project_id)
        opening = project + (instance.instance_id, str(request.user.id))
        known = self._memory.answers.get(opening, own_first=True)
        answer = self._ask(request, instance,
                           known if known and known[1] else None)
        if answer is not None:
            self._memory.answers.put(opening, answer)
            self._remember_denies(project, answer[0])
            return answer[0]
        known = self._memory.answers.get(opening)
        if known is not None:
            # What was learnt may no longer be true.
            return known[0]._replace(known_unavailable=None,
                                     known_available=None)
        denies = self._memory.denies.get(project)
        return denies and resolution.Resolution(None, denies['denied'])

    def report(self, request, instance, outcomes):
        """A reports.Report of this user about an instance, or None.

        None if the service cannot be asked now.

        :raises endpoint.NoToken:
        """
        if self.breaker.is_open or not self._may_carry_token(request):
            return None
        return reports.Report(self, self._token(request), _path(instance),
                              instance.fingerprint, outcomes)

    def send(self, report):
        """Send a Report and the counts, once.

        :raises client.Unanswered: the report is lost, its counts are not.
        """
        if self.breaker.is_open:
            return
        counts = self.counts.take()
        body = report.body(counts)
        if not body:
            return
        try:
            self._client.report(report.path + '/outcomes', body, report.token)
        except Exception:
            self.counts.give_back(counts)
            raise

    def close(self):
        """Close the kept connections."""
        self._client.close()

    def _remember_denies(self, project, answer):
        """Keep what is denied in the whole project.

        An answer that was made without the project's domain does not
        replace one that was made with it: it lacks the domain's denies.
        """
        if answer.denied_in_project is None:
            return
        if answer.domain_id is None:
            before = self._memory.denies.get(project, own_first=True)
            if before is not None and before['domain_id'] is not None:
                return
        self._memory.denies.put(project, {
            'denied': answer.denied_in_project,
            'domain_id': answer.domain_id})

    def _ask(self, request, instance, known):
        """The pair (Resolution, ETag or None), or None."""
        try:
            return self._answer(request, instance, known)
        except client.Unanswered as e:
            self.counts.fallback(e.reason)
        except Exception as e:
            # An error of ours or of a library: known denies must hold.
            LOG.debug('console-policy: cannot ask', exc_info=True)
            self.breaker.timed_out('%s in the shim' % type(e).__name__)
        return None

    def _answer(self, request, instance, known):
        if not self._may_carry_token(request):
            why = ('the token would cross plain http, and goes to Nova over '
                   "https (CONSOLE_POLICY['ALLOW_HTTP'])")
            self.breaker.misconfigured(why)
            raise client.ServiceRefused(why, 'misconfigured')
        if not self.breaker.allows():
            raise client.ServiceUnavailable('circuit breaker is open',
                                            'breaker_open')
        began = time.monotonic()
        try:
            query, expected = self._question(request, instance)
            answer = self._client.resolve(
                _path(instance) + '/consoles', query, self._token(request),
                expected, known)
        except endpoint.NoToken as e:
            self.breaker.failed('is not asked', e)
            raise client.ServiceRefused(str(e), 'misconfigured')
        except client.ServiceUnavailable as e:
            if e.status is not None and time.monotonic() - began < AT_ONCE:
                self.breaker.failed('fails', e)
            else:
                self.breaker.timed_out(e)
            raise
        except client.ServiceRefused as e:
            # It concerns this caller, or the set-up; others go on asking.
            self.breaker.failed('refuses the request (check CONSOLE_POLICY '
                                'and the identity settings of the service)',
                                e)
            raise
        self.breaker.succeeded()
        return answer

    def _question(self, request, instance):
        """The query of a request, and the members its answer must have."""
        query = {}
        expected = {'project_id': instance.project_id,
                    'instance_id': instance.instance_id}
        # A user without a usable id is left out: users can only prefer, so
        # no deny is lost.
        if server.is_id(request.user.id):
            expected['user_id'] = request.user.id
        if self._settings.token_file is not None:
            # The token is a service's: it asks for the user.
            query['user_id'] = expected.get('user_id')
            query['domain_id'] = _domain_of(request, instance.project_id)
        if instance.fingerprint is not None:
            query.update(instance_updated=instance.fingerprint.updated,
                         host_id=instance.fingerprint.host_id)
        return query, expected

    def _token(self, request):
        if self._settings.token_file is not None:
            return endpoint.token_in_file(self._settings.token_file)
        return endpoint.user_token(request)

    def _may_carry_token(self, request):
        return endpoint.may_carry_token(self.endpoint, request,
                                        self._settings.allow_http)


class Services:
    """The services for one CONSOLE_POLICY, at most MAX_SERVICES."""

    def __init__(self, settings):
        """Services for checked settings.

        :raises SettingsError:
        """
        self._settings = settings
        self._memory = cache.Memory(settings)
        self._lock = threading.Lock()
        self._services = collections.OrderedDict()
        self._logged = collections.OrderedDict()
        if settings.endpoint is not None:
            self._at(settings.endpoint)

    def of(self, request):
        """The Service for the user of a request.

        None if the user's catalog has none in the region.
        """
        if self._settings.disabled:
            return None
        if self._settings.endpoint is not None:
            return self._at(self._settings.endpoint)
        url = endpoint.in_catalog(request)
        if url is None:
            self._log_once('the service catalog has no %s' %
                           endpoint.describe_lookup(request))
            return None
        try:
            return self._at(endpoint.parse_url(url))
        except (ValueError, shim_settings.SettingsError) as e:
            self._log_once('the %s in the service catalog cannot be used: %s'
                           % (endpoint.describe_lookup(request), e))
            return None

    def close(self):
        """Close the kept connections."""
        with self._lock:
            for service in self._services.values():
                service.close()

    def _at(self, where):
        with self._lock:
            service = self._services.pop(where, None)
            if service is None:
                service = Service(where, self._settings, self._memory)
            self._services[where] = service
            while len(self._services) > MAX_SERVICES:
                self._services.popitem(last=False)[1].close()
            return service

    def _log_once(self, what):
        """Log it once; the last MAX_SERVICES texts are remembered."""
        with self._lock:
            is_new = what not in self._logged
            self._logged[what] = True
            self._logged.move_to_end(what)
            while len(self._logged) > MAX_SERVICES:
                self._logged.popitem(last=False)
        if is_new:
            LOG.warning('console-policy: %s. Consoles open in the order of '
                        'Horizon', what)


def _path(instance):
    return '/v1/projects/%s/instances/%s' % (
        parse.quote(instance.project_id, safe=''), instance.instance_id)


def _domain_of(request, project_id):
    """The domain of a project if the user's token names it, else None."""
    project = getattr(getattr(request.user, 'token', None), 'project', None)
    if not isinstance(project, dict) or project.get('id') != project_id:
        return None
    return project.get('domain_id')
