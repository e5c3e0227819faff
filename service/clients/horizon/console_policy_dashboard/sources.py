# SPDX-License-Identifier: Apache-2.0
"""The services that this process asks, with what it knows about each."""

import collections
import logging
import threading

from console_policy_dashboard import conf
from console_policy_dashboard import credentials
from console_policy_dashboard import endpoint
from console_policy_dashboard import last_known
from console_policy_dashboard import outage
from console_policy_dashboard import policy_client
from console_policy_dashboard import question as questions
from console_policy_dashboard import resolution

LOG = logging.getLogger(__name__)

#: Services that a process keeps connections to, one a region as a rule. The
#: one that was not asked for longest goes first.
MAX_SOURCES = 8
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
        self._settings = settings
        self._known = known
        self._client = policy_client.PolicyClient(where, settings)

    def resolve(self, request, project_id, instance_id):
        """The Resolution for one opening, or None where nothing is known.

        What the service says, else what it last said. Its consoles are None
        where only the denies of the whole project are known. Takes at most
        the timeout of the settings.
        """
        whose = (self.endpoint.url, project_id, instance_id,
                 str(request.user.id))
        answer = self._ask(request, project_id, instance_id)
        if answer is not None:
            self._learn(answer, whose)
            return answer
        answer = self._known.recall(whose)
        if answer is not None:
            return answer
        # Never opened before, but what the whole project may not do is
        # known from its other instances.
        answer = self._known.recall(whose[:2])
        return None if answer is None else answer._replace(consoles=None)

    def close(self):
        """Let go of the connections that are kept."""
        self._client.close()

    def _ask(self, request, project_id, instance_id):
        if not endpoint.may_carry_token(self.endpoint, request,
                                        self._settings.allow_http):
            self.outage.not_asked(
                'the token would cross plain http, and goes to Nova over '
                "https (CONSOLE_POLICY['ALLOW_HTTP'])")
            return None
        if not self.outage.may_ask():
            return None
        try:
            shown = credentials.of(request, self._settings.token_file)
            asked = _question(request, shown, project_id, instance_id)
            answer = self._client.ask(asked, shown.token)
        except policy_client.ServiceAway as e:
            self.outage.away(e)
            return None
        except (policy_client.ServiceRefused, credentials.NoToken) as e:
            self.outage.refused(e)
            return None
        except Exception as e:
            # Ours or a library's fault. What is known must hold all the same.
            LOG.debug('console-policy: not asked', exc_info=True)
            self.outage.away('%s in the shim' % type(e).__name__)
            return None
        self.outage.answered()
        return answer

    def _learn(self, answer, whose):
        self._known.remember(whose, answer)
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


def _question(request, shown, project_id, instance_id):
    """The question, as it must be put with these Credentials."""
    if shown.on_behalf_of is None:
        asked = questions.Question(project_id, instance_id,
                                   caller_id=request.user.id)
    else:
        asked = questions.Question(project_id, instance_id,
                                   user_id=request.user.id,
                                   domain_id=_domain_of(request, project_id))
    if not asked.is_possible:
        raise policy_client.ServiceRefused(
            'the id of the project or of the instance is none that the '
            'service takes')
    return asked


def _domain_of(request, project_id):
    """The domain of a project, where the user's token tells it."""
    token = getattr(request.user, 'token', None)
    project = getattr(token, 'project', None)
    if not isinstance(project, dict) or project.get('id') != project_id:
        return None
    return project.get('domain_id')
