# SPDX-License-Identifier: Apache-2.0
"""One opening: Nova is asked for type after type, as far as it makes sense."""

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from horizon import exceptions

from console_policy_dashboard import decision as decisions
from console_policy_dashboard import denial
from console_policy_dashboard import nova
from console_policy_dashboard import question

#: What ends the walk besides an opened console, with what the user is told.
_STOPS = {
    nova.FORBIDDEN: denial.FORBIDDEN,
    nova.NOT_FOUND: denial.NOT_FOUND,
    nova.CONFLICT: denial.CONFLICT,
    nova.UNREACHABLE: denial.UNREACHABLE,
    nova.BUSY: denial.BUSY,
    nova.TIMED_OUT: denial.TIMED_OUT,
}
#: What shows that the compute host is there, whatever it said.
_ALIVE = (nova.OPENED, nova.UNAVAILABLE)


class Opened(NamedTuple):
    """A console: its type, and the URL as Nova gave it."""

    console_type: str
    url: str


class Walk:
    """One opening of an instance's console.

    :ivar tries: the nova.Try of each type that Nova was asked for.
    """

    def __init__(self, request, instance, decision, calls):
        """A walk that has not begun.

        :param instance: an instance.Instance.
        :param decision: a decision.Decision.
        :param calls: dict, console type to function(request, instance id).
        """
        self._request = request
        self._instance = instance
        self._decision = decision
        self._calls = calls
        # Where there is nothing to learn it is as if it had been looked at.
        self._looked = (instance.is_known or
                        not question.is_instance_id(instance.instance_id))
        self.tries = []

    def open(self, console_type, budget, hosts):
        """Ask for the candidates until one opens; the Opened.

        :param console_type: decision.AUTO, or the one type asked for.
        :param hosts: a hosts.Hosts.
        :raises horizon.exceptions.NotAvailable: none opens. It is a
            denial.ConsoleUnavailable where there is more to say.
        :raises horizon.exceptions.NotAuthorized: Nova does not take the
            user's token (any more).
        """
        offered = list(self._calls)
        decision = self._decision
        if decision.refuses(console_type, offered):
            denial.refuse(self._request, decision, console_type)
        candidates = decision.candidates(console_type, offered)
        obstacle = self._instance.obstacle
        if obstacle is not None:
            candidates = candidates[:obstacle.tries]
        if candidates and not hosts.may_try(self._instance):
            denial.tell(self._request, denial.HOST_DOWN)
        found = self._try(candidates, budget, hosts)
        if found is not None:
            return found
        obstacle = self._instance.obstacle
        if obstacle is not None:
            denial.tell(self._request, denial.OBSTACLES[obstacle.name])
        if decision.denied and console_type == decisions.AUTO:
            denial.none_worked(self._request, decision)
        raise exceptions.NotAvailable(_('No available console found.'))

    def opened_before(self, console_type, url):
        """The Opened of a console that Nova gave for this page already.

        :raises denial.ConsoleDenied: it is not allowed any more.
        """
        if self._decision.refuses(console_type, list(self._calls)):
            denial.refuse(self._request, self._decision, console_type)
        return Opened(console_type, url)

    def _try(self, candidates, budget, hosts):
        for console_type in candidates:
            trying = budget if self._looked else budget.before_a_look()
            if trying.is_spent:
                denial.tell(self._request, denial.TIMED_OUT)
            tried = nova.ask(self._request, console_type,
                             self._calls[console_type],
                             self._instance.instance_id, trying)
            self.tries.append(tried)
            self._look(tried, budget)
            if tried.outcome in _ALIVE:
                hosts.answered(self._instance)
            elif tried.outcome == nova.TIMED_OUT:
                hosts.timed_out(self._instance)
            if tried.outcome == nova.OPENED:
                return Opened(console_type, tried.url)
            if tried.outcome == nova.UNAUTHORIZED:
                # Horizon's own way with a token that is over.
                raise exceptions.NotAuthorized()
            if self._instance.obstacle is not None:
                # What one type met is what all would meet.
                return None
            if tried.outcome in _STOPS:
                denial.tell(self._request, _STOPS[tried.outcome])
        return None

    def _look(self, tried, budget):
        """After a failure, look at an instance that is not known yet, once.

        Nova says 409 for one type and 500 for another of the same state,
        and where it runs out of time nothing tells the host.
        """
        if self._looked or not tried.is_server_fault:
            return
        self._looked = True
        if tried.outcome == nova.TIMED_OUT:
            budget = budget.for_a_look()
        found = nova.look(self._request, self._instance.instance_id, budget)
        if found is not None:
            self._instance = found
