# SPDX-License-Identifier: Apache-2.0
"""The services that this process asks, with what it knows about each."""

import collections
import logging
import threading
import time

from console_policy_dashboard import conf
from console_policy_dashboard import credentials
from console_policy_dashboard import endpoint
from console_policy_dashboard import last_known
from console_policy_dashboard import outage
from console_policy_dashboard import policy_client
from console_policy_dashboard import question as questions
from console_policy_dashboard import reports
from console_policy_dashboard import resolution
from console_policy_dashboard import tally

LOG = logging.getLogger(__name__)

#: Services that a process keeps connections to, one a region as a rule. The
#: one that was not asked for longest goes first.
MAX_SOURCES = 8
#: Seconds for which a service that refused a fingerprint gets none.
PLAIN_SECONDS = 600.0
#: Seconds. An error that comes sooner makes nobody wait.
AT_ONCE = 0.1
#: Scopes that hold for every instance of a project.
_PROJECT_WIDE = ('cloud', 'domain', 'project')


class Source:
    """One service, with what is known about it. Safe for concurrent use."""

    def __init__(self, where, settings, known):
        """A source at an Endpoint.

        :param known: a LastKnown, shared with other sources.
        :raises conf.SettingsError:
        """
        self.endpoint = where
        self.outage = outage.Outage(where.url, settings.retry_after)
        self.tally = tally.Tally()
        self._settings = settings
        self._known = known
        self._client = policy_client.PolicyClient(where, settings)
        self._plain_until = 0.0

    def resolve(self, request, instance):
        """The Resolution for one opening, or None where nothing is known.

        What the service says, else what it last said; that says nothing
        about what is available. Its consoles are None where only the denies
        of the whole project are known. Takes at most the timeout of the
        settings, or twice that from a service older than the fingerprints.
        """
        whose = (self.endpoint.url, instance.project_id,
                 instance.instance_id, str(request.user.id))
        known = self._known.recall_tagged(whose, own_first=True)
        if known is not None and known[1] is None:
            known = None
        answer = self._ask(request, instance, known)
        if answer is not None:
            found, tag = answer
            if answer is not known or not self._known.is_recent(whose):
                self._learn(found, tag, whose)
            return found
        answer = self._known.recall(whose)
        if answer is None:
            # Never opened before, but what the whole project may not do is
            # known from its other instances.
            answer = self._known.recall(whose[:2])
            answer = answer and answer._replace(consoles=None)
        return answer and answer._replace(known_unavailable=None,
                                          known_available=None)

    def report(self, request, instance, outcomes):
        """The Report that the user of a request makes of an instance.

        None where the service is not to be asked, or does not answer.

        :raises credentials.NoToken:
        """
        if self.outage.is_on or not endpoint.may_carry_token(
                self.endpoint, request, self._settings.allow_http):
            return None
        shown = credentials.of(request, self._settings.token_file)
        return reports.Report(self, shown.token, instance.project_id,
                              instance.instance_id, instance.fingerprint,
                              outcomes)

    def send(self, report):
        """Send a Report, with the tally. Once; what fails is dropped.

        :raises policy_client.Unanswered:
        """
        if self.outage.is_on:
            return
        body = report.body()
        if body:
            self._client.report(report.project_id, report.instance_id, body,
                                report.token)

    def close(self):
        """Let go of the connections that are kept."""
        self._client.close()

    def _ask(self, request, instance, known):
        """The pair (Resolution, entity tag or None), or None."""
        try:
            return self._answer(request, instance, known)
        except policy_client.Unanswered as e:
            self.tally.fallback(e.reason)
        except Exception as e:
            # Ours or a library's fault. What is known must hold all the same.
            LOG.debug('console-policy: not asked', exc_info=True)
            self.outage.away('%s in the shim' % type(e).__name__)
        return None

    def _answer(self, request, instance, known):
        if not endpoint.may_carry_token(self.endpoint, request,
                                        self._settings.allow_http):
            why = ('the token would cross plain http, and goes to Nova over '
                   "https (CONSOLE_POLICY['ALLOW_HTTP'])")
            self.outage.not_asked(why)
            raise policy_client.ServiceRefused(why, 'misconfigured')
        if not self.outage.may_ask():
            raise policy_client.ServiceAway('left alone', 'breaker_open')
        began = time.monotonic()
        try:
            shown = credentials.of(request, self._settings.token_file)
            asked = _question(request, shown, instance)
            found = self._put(asked, shown.token, known)
        except credentials.NoToken as e:
            self.outage.refused(e)
            raise policy_client.ServiceRefused(str(e), 'misconfigured')
        except policy_client.ServiceAway as e:
            waited = time.monotonic() - began
            if e.status is not None and waited < AT_ONCE:
                self.outage.failed(e)
            else:
                self.outage.away(e)
            raise
        except policy_client.ServiceRefused as e:
            self.outage.refused(e)
            raise
        self.outage.answered()
        return found

    def _put(self, asked, token, known):
        """Put the question, without the fingerprint to an old service."""
        if time.monotonic() < self._plain_until:
            asked = asked._replace(fingerprint=None)
        try:
            return self._client.ask(asked, token, known)
        except policy_client.ServiceRefused as e:
            if e.status != 400 or asked.fingerprint is None:
                raise
        # It does not know the parameters, or not this time: then it answers
        # without, and is spared them for a while.
        found = self._client.ask(asked._replace(fingerprint=None), token,
                                 known)
        self._plain_until = time.monotonic() + PLAIN_SECONDS
        return found

    def _learn(self, answer, tag, whose):
        self._known.remember(whose, answer, tag)
        denied = {}
        for name, scopes in answer.denied:
            wide = tuple(d for d in scopes if d.scope in _PROJECT_WIDE)
            if wide:
                denied[name] = wide
        project = whose[:2]
        before = self._known.recall(project)
        if before is not None and before.revision == answer.revision:
            # This instance may have been given back what the project as a
            # whole is denied; that must not make the others forget it.
            for name, scopes in before.denied:
                denied.setdefault(name, scopes)
        self._known.remember(project, resolution.Resolution(
            (), tuple(sorted(denied.items())), answer.revision))


class Sources:
    """The sources for one CONSOLE_POLICY, at most MAX_SOURCES of them."""

    def __init__(self, settings):
        """Sources for checked settings.

        :raises conf.SettingsError:
        """
        self._settings = settings
        self._known = last_known.LastKnown(
            settings.last_known_max_age, settings.last_known_max_entries,
            settings.cache)
        self._lock = threading.Lock()
        self._sources = collections.OrderedDict()
        self._told = collections.OrderedDict()
        if settings.endpoint is not None:
            self._at(settings.endpoint)

    def of(self, request):
        """The Source for the user of a request, or None.

        None where the user's catalog has no such service in the region:
        then it is not installed there.
        """
        if self._settings.is_off:
            return None
        if self._settings.endpoint is not None:
            return self._at(self._settings.endpoint)
        url = endpoint.in_catalog(request)
        if url is None:
            self._tell('the service catalog has no %s %s' % (
                endpoint.SERVICE_TYPE, endpoint.where_looked(request)))
            return None
        try:
            return self._at(endpoint.parse_url(url))
        except (ValueError, conf.SettingsError) as e:
            self._tell('the %s %s in the service catalog cannot be used: %s' %
                       (endpoint.SERVICE_TYPE, endpoint.where_looked(request),
                        e))
            return None

    def close(self):
        """Let go of the connections that are kept."""
        with self._lock:
            for source in self._sources.values():
                source.close()

    def _at(self, where):
        with self._lock:
            source = self._sources.pop(where, None)
            if source is None:
                source = Source(where, self._settings, self._known)
            self._sources[where] = source
            while len(self._sources) > MAX_SOURCES:
                self._sources.popitem(last=False)[1].close()
            return source

    def _tell(self, what):
        """Say it once; the last MAX_SOURCES sayings are remembered."""
        with self._lock:
            new = what not in self._told
            self._told[what] = True
            self._told.move_to_end(what)
            while len(self._told) > MAX_SOURCES:
                self._told.popitem(last=False)
        if new:
            LOG.warning('console-policy: %s. Consoles open in the order of '
                        'Horizon', what)


def _question(request, shown, instance):
    """The question, as it must be put with these Credentials."""
    project_id = instance.project_id
    asked = questions.Question(project_id, instance.instance_id,
                               fingerprint=instance.fingerprint)
    if shown.on_behalf_of is None:
        asked = asked._replace(caller_id=request.user.id)
    else:
        asked = asked._replace(user_id=request.user.id,
                               domain_id=_domain_of(request, project_id))
    if not asked.is_possible:
        raise policy_client.ServiceRefused(
            'the id of the project or of the instance is none that the '
            'service takes', 'misconfigured')
    return asked


def _domain_of(request, project_id):
    """The domain of a project, where the user's token tells it."""
    token = getattr(request.user, 'token', None)
    project = getattr(token, 'project', None)
    if not isinstance(project, dict) or project.get('id') != project_id:
        return None
    return project.get('domain_id')
