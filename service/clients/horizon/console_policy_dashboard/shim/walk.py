# SPDX-License-Identifier: Apache-2.0
"""One opening: asks Nova for type after type until one opens."""

import logging
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from horizon import exceptions

from console_policy_dashboard.shim import breaker
from console_policy_dashboard.shim import messages
from console_policy_dashboard.shim import nova
from console_policy_dashboard.shim import resolution
from console_policy_dashboard.shim import server

LOG = logging.getLogger(__name__)

#: Outcomes that end the walk, with the text for the user.
_STOPS = {
    nova.FORBIDDEN: messages.FORBIDDEN,
    nova.NOT_FOUND: messages.NOT_FOUND,
    nova.CONFLICT: messages.CONFLICT,
    nova.UNREACHABLE: messages.UNREACHABLE,
    nova.BUSY: messages.BUSY,
    nova.TIMED_OUT: messages.TIMED_OUT,
}
#: Outcomes that show that the compute host answers.
_ANSWERED = (nova.OPENED, nova.UNAVAILABLE, nova.BLOCKED)
_BLOCKED_LOGS = {name: breaker.RateLimit() for name in nova.URL_OPTIONS}


class Opened(NamedTuple):
    """A console: its type, and the URL as Nova returned it."""

    console_type: str
    url: str


class Walk:
    """One opening of an instance's console.

    :ivar attempts: the nova.Attempt of each type that Nova was asked for.
    """

    def __init__(self, request, instance, answer, calls, in_browser=True):
        """A walk that has not begun.

        :param instance: a server.Instance.
        :param answer: a resolution.Resolution.
        :param calls: dict, console type to function(request, instance id).
        :param in_browser: whether the browser opens the URL on this page.
        """
        self._request = request
        self._instance = instance
        self._answer = answer
        self._calls = calls
        self._refuses_plain = in_browser and request.is_secure()
        # Without a usable id there is nothing to fetch.
        self._fetched = (instance.is_fetched or
                         not server.is_instance_id(instance.instance_id))
        self.attempts = []

    def open(self, console_type, budget, hosts):
        """Ask for the candidates until one opens; the Opened.

        :param console_type: resolution.AUTO, or the one type.
        :param budget: a nova.Budget.
        :param hosts: a hosts.Hosts.
        :raises horizon.exceptions.NotAvailable: none opens;
            messages.ConsoleUnavailable if the reason is known.
        :raises horizon.exceptions.NotAuthorized: Nova refuses the user's
            token.
        """
        offered = list(self._calls)
        self._check_allowed(console_type)
        candidates = self._answer.candidates(console_type, offered)
        if self._instance.is_closed:
            candidates = []
        if candidates and not hosts.may_try(self._instance):
            self._fail(messages.HOST_DOWN)
        found = self._try(candidates, budget, hosts)
        if found is not None:
            return found
        if self._instance.state is not None:
            self._fail(messages.STATES[self._instance.state])
        if any(a.outcome == nova.BLOCKED for a in self.attempts):
            self._fail(messages.BLOCKED)
        if self._answer.denied and console_type == resolution.AUTO:
            raise messages.note(self._request,
                                messages.none_available(self._answer))
        raise exceptions.NotAvailable(_('No available console found.'))

    def opened_before(self, console_type, url):
        """The Opened of a console that Nova already gave for this page.

        :raises messages.ConsoleDenied: it is no longer allowed.
        """
        self._check_allowed(console_type)
        return Opened(console_type, url)

    def _check_allowed(self, console_type):
        if self._answer.leaves_none(console_type, list(self._calls)):
            raise messages.note(self._request, messages.denied(
                self._answer, console_type))

    def _try(self, candidates, budget, hosts):
        for console_type in candidates:
            limit = budget if self._fetched else budget.before_fetch()
            if limit.is_spent:
                self._fail(messages.TIMED_OUT)
            attempt = nova.ask(self._request, console_type,
                               self._calls[console_type],
                               self._instance.instance_id, limit)
            self.attempts.append(attempt)
            self._check_scheme(attempt)
            self._fetch_after(attempt, budget)
            if attempt.outcome in _ANSWERED:
                hosts.answered(self._instance)
            elif attempt.outcome == nova.TIMED_OUT:
                hosts.timed_out(self._instance)
            if attempt.outcome == nova.OPENED:
                return Opened(console_type, attempt.url)
            if attempt.outcome == nova.UNAUTHORIZED:
                # Horizon handles an expired token.
                raise exceptions.NotAuthorized()
            if (self._instance.state is not None and
                    attempt.outcome not in _ANSWERED):
                # The state explains it, and the other types would fail too.
                return None
            if attempt.outcome in _STOPS:
                self._fail(_STOPS[attempt.outcome])
        return None

    def _check_scheme(self, attempt):
        """A browser opens no http: or ws: URL on an https page."""
        if (attempt.outcome != nova.OPENED or not self._refuses_plain or
                not attempt.url.startswith(('http:', 'ws:'))):
            return
        attempt.outcome = nova.BLOCKED
        name = attempt.console_type
        if _BLOCKED_LOGS[name].allows():
            LOG.error(
                "console-policy: Nova's URL for %s is not encrypted, so no "
                'browser opens it under this https dashboard. Set %s in '
                'nova.conf to an https or wss URL', name,
                nova.URL_OPTIONS[name])

    def _fetch_after(self, attempt, budget):
        """After a server error, fetch an instance that is unknown, once.

        Nova answers 409 for one type and 500 for another in the same state,
        and after a timeout only the instance names the host.
        """
        if self._fetched or not attempt.is_server_error:
            return
        self._fetched = True
        if attempt.outcome == nova.TIMED_OUT:
            budget = budget.for_fetch()
        found = nova.fetch(self._request, self._instance.instance_id, budget)
        if found is not None:
            self._instance = found

    def _fail(self, title):
        raise messages.note(self._request,
                            messages.ConsoleUnavailable(title))
