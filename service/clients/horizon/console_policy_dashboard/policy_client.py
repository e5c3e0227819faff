# SPDX-License-Identifier: Apache-2.0
"""Asks a service for a resolution, and reports to it what came of it."""

import json
import re
import time

from console_policy_dashboard import conf
from console_policy_dashboard import resolution
from console_policy_dashboard import transport

#: What the service counts as the reasons why Horizon went on without it.
REASONS = ('timeout', 'unreachable', 'invalid_answer', 'refused',
           'breaker_open', 'misconfigured')
#: Another service's header would end ours; a longer one is not ours.
_ETAG = re.compile(r'(W/)?"[\x21\x23-\x7e]{0,128}"\Z')


class Unanswered(Exception):
    """There is no answer to go by; reason is one of REASONS."""

    def __init__(self, text, reason):
        super().__init__(text)
        self.reason = reason


class ServiceAway(Unanswered):
    """The service did not answer, in time or at all, or not sensibly.

    status is that of its error, or None where there was no error to read.
    """

    def __init__(self, text, reason, status=None):
        super().__init__(text, reason)
        self.status = status


class ServiceRefused(Unanswered):
    """The service answered and did not take the question.

    status is that of the answer, or None where it was not even asked.
    """

    def __init__(self, text, reason, status=None):
        super().__init__(text, reason)
        self.status = status


class PolicyClient:
    """One service. Safe for concurrent use."""

    def __init__(self, where, settings):
        """A client of the service at an Endpoint.

        :raises conf.SettingsError: CA_FILE cannot be used.
        """
        self._timeout = settings.timeout
        try:
            self._transport = transport.Transport(where, settings.ca_file)
        except OSError as e:
            raise conf.SettingsError("CONSOLE_POLICY['CA_FILE']: %s" % e)

    def ask(self, question, token, known=None):
        """The resolution for one opening, and its entity tag or None.

        Returns or raises within the timeout of the settings.

        :param known: a pair (Resolution, entity tag) that the service gave
            before; it comes back where the service says that it still holds.
        :raises ServiceAway: no sensible answer in time.
        :raises ServiceRefused: the service says that the question, the
            token or the address is wrong.
        """
        headers = {'Accept': 'application/json', 'X-Auth-Token': token}
        if known is not None:
            headers['If-None-Match'] = known[1]
        answer = self._call(self._transport.get, question.target(), headers)
        if answer.status == 304 and known is not None:
            return known
        _check_status(answer.status, 200)
        try:
            if answer.kind != 'application/json':
                raise resolution.InvalidAnswer('it is not application/json')
            found = resolution.decode(answer.body, question.expected())
        except resolution.InvalidAnswer as e:
            raise ServiceAway('invalid answer: %s' % e, 'invalid_answer')
        tag = answer.etag
        return found, tag if tag and _ETAG.match(tag) else None

    def report(self, project_id, instance_id, report, token):
        """Post a report of an instance, a dict as the API has it.

        Raises as ask() does.
        """
        answer = self._call(
            self._transport.post,
            '/v1/projects/%s/instances/%s/outcomes' % (project_id,
                                                       instance_id),
            {'Content-Type': 'application/json', 'X-Auth-Token': token},
            json.dumps({'report': report}).encode('ascii'))
        _check_status(answer.status, 204)

    def close(self):
        """Let go of the connections that are kept."""
        self._transport.close()

    def _call(self, send, *what):
        until = time.monotonic() + self._timeout
        try:
            return send(*what, until)
        except transport.InvalidHttp as e:
            raise ServiceAway(str(e), 'invalid_answer')
        except TimeoutError:
            raise ServiceAway('no answer within %s s' % self._timeout,
                              'timeout')
        except (OSError, ValueError) as e:
            raise ServiceAway(str(e) or type(e).__name__, 'unreachable')


def _check_status(status, expected):
    if status == expected:
        return
    text = 'it answers with status %d' % status
    if status in (408, 425, 429) or status >= 500:
        raise ServiceAway(text, 'refused', status)
    raise ServiceRefused(text, 'refused', status)
