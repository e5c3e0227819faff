# SPDX-License-Identifier: Apache-2.0
"""What holds for one opening: the service, else what was last known."""

import logging
import os
import threading
from typing import NamedTuple
from typing import Optional

from django.conf import settings as django_settings

from console_policy_dashboard import conf
from console_policy_dashboard import last_known
from console_policy_dashboard import outage
from console_policy_dashboard import policy_client
from console_policy_dashboard import resolution

LOG = logging.getLogger(__name__)

AUTO = 'AUTO'
#: Scopes that hold for every instance of a project.
_PROJECT_WIDE = ('cloud', 'domain', 'project')


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


class Source:
    """One service as the settings name it, with what is known about it."""

    def __init__(self, settings):
        self.settings = settings
        self.outage = outage.Outage(settings.endpoint, settings.retry_after)
        self.known = last_known.LastKnown(
            settings.last_known_max_age, settings.last_known_max_entries,
            settings.cache)
        self._client = policy_client.PolicyClient(settings)

    def decide(self, project_id, instance_id, user_id, domain_id):
        """The decision for one opening; takes at most settings.timeout."""
        key = (project_id, instance_id, str(user_id))
        answer = self._ask(project_id, instance_id, user_id, domain_id)
        if answer is not None:
            self._learn(answer, project_id, key)
            return Decision(answer.consoles, dict(answer.denied))
        answer = self.known.recall(key)
        if answer is not None:
            return Decision(answer.consoles, dict(answer.denied))
        # Never opened before, but what the whole project may not do is
        # known from its other instances.
        answer = self.known.recall((project_id,))
        if answer is not None:
            return Decision(None, dict(answer.denied))
        return HORIZONS_OWN

    def _ask(self, project_id, instance_id, user_id, domain_id):
        if not self.outage.may_ask():
            return None
        try:
            answer = self._client.ask(project_id, instance_id, user_id,
                                      domain_id)
        except policy_client.ServiceAway as e:
            self.outage.away(e)
            return None
        except (policy_client.ServiceRefused, conf.SettingsError) as e:
            self.outage.refused(e)
            return None
        except Exception as e:
            # Ours or a library's fault. What is known must hold all the same.
            LOG.debug('console-policy: not asked', exc_info=True)
            self.outage.away('%s in the shim' % type(e).__name__)
            return None
        self.outage.answered()
        return answer

    def _learn(self, answer, project_id, key):
        self.known.remember(key, answer)
        denied = {}
        for name, scopes in answer.denied:
            wide = tuple(d for d in scopes if d.scope in _PROJECT_WIDE)
            if wide:
                denied[name] = wide
        before = self.known.recall((project_id,))
        if before is not None and before.revision == answer.revision:
            # This instance may have been given back what the project as a
            # whole is denied; that must not make the others forget it.
            for name, scopes in before.denied:
                denied.setdefault(name, scopes)
        self.known.remember((project_id,), resolution.Resolution(
            (), tuple(sorted(denied.items())), answer.revision))


class _Current:
    """The Source for the settings as they are now, one per process."""

    def __init__(self):
        self._lock = threading.Lock()
        self._made_of = None
        self._source = None

    def source(self):
        """The Source, or None when the settings cannot be used."""
        raw = getattr(django_settings, 'CONSOLE_POLICY', {})
        # After a fork neither connections nor locks of the parent are ours.
        made_of = (os.getpid(), repr(raw))
        with self._lock:
            if made_of != self._made_of:
                self._source = self._make(raw)
                self._made_of = made_of
            return self._source

    def _make(self, raw):
        try:
            settings = conf.parse_settings(raw)
            source = Source(settings)
        except conf.SettingsError as e:
            LOG.warning('console-policy: %s. Consoles open in the order of '
                        'Horizon', e)
            return None
        for key in settings.unknown:
            LOG.warning("console-policy: CONSOLE_POLICY['%s'] is not a "
                        "setting and does nothing", key)
        return source


CURRENT = _Current()
_FAULT_DUE = outage.Seldom()


def domain_of(request, project_id):
    """The domain of a project, where the user's token tells it."""
    token = getattr(request.user, 'token', None)
    project = getattr(token, 'project', None)
    if not isinstance(project, dict) or project.get('id') != project_id:
        return None
    return project.get('domain_id')


def decide(request, project_id, instance_id):
    """The decision for one opening of an instance's console.

    Never raises: whatever goes wrong here, a console still opens in
    Horizon's own order.
    """
    try:
        source = CURRENT.source()
        # Nova's ids are UUIDs; with anything else there is nothing to ask.
        if source is None or not policy_client.is_instance_id(instance_id):
            return HORIZONS_OWN
        if not isinstance(project_id, str):
            return HORIZONS_OWN
        return source.decide(project_id, instance_id, request.user.id,
                             domain_of(request, project_id))
    except Exception:
        LOG.log(logging.ERROR if _FAULT_DUE.now() else logging.DEBUG,
                'console-policy: a fault of the shim; the console of %s opens '
                'in the order of Horizon', instance_id, exc_info=True)
        return HORIZONS_OWN
