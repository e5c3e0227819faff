# SPDX-License-Identifier: Apache-2.0
"""HTTP to one service through keystoneauth1, with a hard deadline.

The timeouts of HTTP libraries start again with each byte, and a name look-up
has none. So each request runs in a thread of its own, and the caller waits
for the thread no longer than the deadline. A thread that a service holds up
ends when the connection does; at most MAX_THREADS exist at a time.
"""

import concurrent.futures
import json
import re
import socket
import ssl
import threading

from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1 import session
import requests

import console_policy_dashboard
from console_policy_dashboard.shim import resolution
from console_policy_dashboard.shim import settings as shim_settings

MAX_THREADS = 32
#: An answer is a few hundred bytes; five types denied by five scopes with
#: the longest reasons, stated twice, stay below 40 KiB.
MAX_BODY_BYTES = 64 * 1024
#: The reasons for a fallback that the service counts.
REASONS = ('timeout', 'unreachable', 'invalid_answer', 'refused',
           'breaker_open', 'misconfigured')
#: An ETag that is safe to send back in a header.
_ETAG = re.compile(r'(W/)?"[\x21\x23-\x7e]{0,128}"\Z')


class Unanswered(Exception):
    """There is no usable answer; reason is one of REASONS."""

    def __init__(self, text, reason):
        super().__init__(text)
        self.reason = reason


class ServiceUnavailable(Unanswered):
    """The service did not answer in time, or not with a usable answer.

    :ivar status: of its error, or None.
    """

    def __init__(self, text, reason, status=None):
        super().__init__(text, reason)
        self.status = status


class ServiceRefused(Unanswered):
    """The service refused the request, or must not be asked.

    :ivar status: of its answer, or None if it was not asked.
    """

    def __init__(self, text, reason, status=None):
        super().__init__(text, reason)
        self.status = status


class PolicyClient:
    """One service. Safe for concurrent use."""

    def __init__(self, where, settings):
        """A client of the service at an Endpoint.

        :raises SettingsError: CA_FILE cannot be used.
        """
        self._where = where
        self._timeout = settings.timeout
        if where.scheme == 'https' and settings.ca_file is not None:
            try:
                ssl.create_default_context(cafile=settings.ca_file)
            except OSError as e:
                raise shim_settings.SettingsError(
                    "CONSOLE_POLICY['CA_FILE']: %s" % e)
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy of the environment
        self._session = session.Session(
            session=self._http, verify=settings.ca_file or True,
            redirect=False)
        self._threads = threading.BoundedSemaphore(MAX_THREADS)

    def resolve(self, path, query, token, expected, known=None):
        """The pair of Resolution and ETag (or None) for one opening.

        Returns or raises within the timeout of the settings.

        :param expected: dict, members that the answer must have.
        :param known: such a pair; returned if the service answers that it is
            current.
        :raises Unanswered:
        """
        headers = {} if known is None else {'If-None-Match': known[1]}
        answer, body = self._request('GET', path, token, headers,
                                     params=query)
        if answer.status_code == 304 and known is not None:
            return known
        _check_status(answer.status_code, 200)
        try:
            kind = answer.headers.get('Content-Type', '').partition(';')[0]
            if kind.strip().lower() != 'application/json':
                raise resolution.InvalidAnswer('it is not application/json')
            found = resolution.decode(body, expected)
        except resolution.InvalidAnswer as e:
            raise ServiceUnavailable('invalid answer: %s' % e,
                                     'invalid_answer')
        etag = answer.headers.get('ETag', '')
        return found, etag if _ETAG.match(etag) else None

    def report(self, path, report, token):
        """Post a report, a dict as the API defines it.

        :raises Unanswered:
        """
        answer, _body = self._request(
            'POST', path, token, {'Content-Type': 'application/json'},
            data=json.dumps({'report': report}))
        _check_status(answer.status_code, 204)

    def close(self):
        """Close the kept connections."""
        self._http.close()

    def _request(self, method, path, token, headers, **kwargs):
        """The pair of answer and body, within the deadline."""
        headers = dict(headers, **{
            'Accept': 'application/json', 'Accept-Encoding': 'identity',
            'Host': self._where.host_header, 'X-Auth-Token': token})

        def send():
            answer = self._session.request(
                self._where.url + path, method, headers=headers,
                authenticated=False, raise_exc=False, log=False,
                connect_retries=0, timeout=self._timeout, stream=True,
                user_agent='console-policy-dashboard/%s' %
                console_policy_dashboard.__version__, **kwargs)
            with answer:
                return answer, _read(answer)

        def send_get():
            try:
                return send()
            except keystone_exceptions.ConnectFailure:
                # The service closed a kept connection at this moment.
                return send()
        late = ServiceUnavailable('no answer within %s s' % self._timeout,
                                  'timeout')
        try:
            return self._within_deadline(send_get if method == 'GET' else
                                         send)
        except concurrent.futures.TimeoutError:
            raise late
        except (keystone_exceptions.ClientException,
                requests.RequestException, OSError, RuntimeError) as e:
            cause = _root_cause(e)
            if isinstance(cause, socket.timeout):
                raise late
            raise ServiceUnavailable(str(cause) or type(cause).__name__,
                                     'unreachable')

    def _within_deadline(self, function):
        if not self._threads.acquire(blocking=False):
            raise RuntimeError('%d requests are in flight' % MAX_THREADS)
        result = concurrent.futures.Future()

        def run():
            try:
                result.set_result(function())
            except BaseException as e:
                result.set_exception(e)
            finally:
                self._threads.release()
        try:
            threading.Thread(target=run, name='console-policy-request',
                             daemon=True).start()
        except RuntimeError:
            self._threads.release()
            raise
        return result.result(self._timeout)


def _root_cause(error):
    """The first error of a chain; the others only repeat it."""
    while error.__context__ is not None:
        error = error.__context__
    return error


def _read(answer):
    """The body of an answer.

    :raises ServiceUnavailable: it is too long.
    """
    body = b''
    for chunk in answer.iter_content(8192):
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise ServiceUnavailable('invalid answer: more than %d bytes' %
                                     MAX_BODY_BYTES, 'invalid_answer')
    return body


def _check_status(status, expected):
    if status == expected:
        return
    text = 'it answers with status %d' % status
    if status in (408, 425, 429) or status >= 500:
        raise ServiceUnavailable(text, 'refused', status)
    raise ServiceRefused(text, 'refused', status)
