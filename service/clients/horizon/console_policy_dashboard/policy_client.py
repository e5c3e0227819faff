# SPDX-License-Identifier: Apache-2.0
"""Asks a service: one GET per opening, over a connection that stays."""

import http.client
import select
import threading
import time

import console_policy_dashboard
from console_policy_dashboard import conf
from console_policy_dashboard import deadline
from console_policy_dashboard import resolution

#: An answer is a few hundred bytes; five types denied by five scopes with
#: the longest reasons stay below 20 KiB.
MAX_BODY_BYTES = 64 * 1024
MAX_ANSWER_BYTES = MAX_BODY_BYTES + 16 * 1024
MAX_IDLE_CONNECTIONS = 8
#: Shorter than the service's own idle time of 60 s, so that Horizon is the
#: one who closes.
MAX_IDLE_SECONDS = 30.0


class ServiceAway(Exception):
    """The service did not answer, in time or at all, or not sensibly."""


class ServiceRefused(Exception):
    """The service answered and did not take the question."""


class _Connection(http.client.HTTPConnection):
    """An HTTP connection over sockets with a deadline."""

    def __init__(self, client):
        super().__init__(client.endpoint.host, client.endpoint.port)
        self._client = client
        self.idle_since = 0.0

    def open(self, until):
        """Connect, with TLS where the endpoint says so."""
        sock = deadline.connect(self._client.resolver.addresses(until), until)
        if self._client.tls is not None:
            sock = deadline.start_tls(sock, self._client.tls, self.host,
                                      until)
        self.sock = sock

    def connect(self):
        """Never by itself: a connection that broke is given up."""
        raise http.client.NotConnected()

    def is_quiet(self):
        """Whether the peer has neither closed nor spoken out of turn."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return not poll.poll(0)


class PolicyClient:
    """Asks one service. Safe for concurrent use.

    At most MAX_IDLE_CONNECTIONS connections are kept between questions.
    Redirects are not followed; no proxy of the environment is used.
    """

    def __init__(self, where, settings):
        """A client of the service at an Endpoint.

        :raises conf.SettingsError: CA_FILE cannot be used.
        """
        self.endpoint = where
        self.timeout = settings.timeout
        self.resolver = deadline.Resolver(where.host, where.port)
        self.tls = None
        if where.scheme == 'https':
            try:
                self.tls = deadline.tls_context(settings.ca_file)
            except OSError as e:
                raise conf.SettingsError("CONSOLE_POLICY['CA_FILE']: %s" % e)
        self._lock = threading.Lock()
        self._idle = []

    def ask(self, question, token):
        """The resolution for one opening.

        Returns or raises within the timeout of the settings.

        :raises ServiceAway: no sensible answer in time.
        :raises ServiceRefused: the service says that the question, the
            token or the address is wrong.
        """
        until = time.monotonic() + self.timeout
        target = self.endpoint.path + question.target()
        try:
            status, body = self._get(target, token, until)
            self._check_status(status)
            return resolution.decode(body, question.expected())
        except resolution.InvalidAnswer as e:
            raise ServiceAway('invalid answer: %s' % e)
        except deadline.TooBig as e:
            raise ServiceAway(str(e))
        except TimeoutError:
            raise ServiceAway('no answer within %s s' % self.timeout)
        except http.client.HTTPException as e:
            raise ServiceAway('not HTTP: %s' % type(e).__name__)
        except (OSError, ValueError) as e:
            raise ServiceAway(str(e) or type(e).__name__)

    def _check_status(self, status):
        if status == 200:
            return
        if status in (408, 425, 429) or status >= 500:
            raise ServiceAway('it answers with status %d' % status)
        raise ServiceRefused('it answers with status %d' % status)

    def _get(self, target, token, until):
        connection = self._take()
        if connection is not None:
            try:
                return self._exchange(connection, target, token, until)
            except (ConnectionError, http.client.BadStatusLine):
                # The service may close a kept connection just when it is
                # used again; a GET can be sent a second time.
                connection.close()
        connection = _Connection(self)
        connection.open(until)
        return self._exchange(connection, target, token, until)

    def _exchange(self, connection, target, token, until):
        keep = False
        try:
            connection.sock.start(until, MAX_ANSWER_BYTES)
            connection.request('GET', target, headers={
                'Accept': 'application/json',
                'User-Agent': 'console-policy-dashboard/%s' %
                              console_policy_dashboard.__version__,
                'X-Auth-Token': token})
            answer = connection.getresponse()
            body = answer.read(MAX_BODY_BYTES + 1)
            if len(body) > MAX_BODY_BYTES:
                raise deadline.TooBig('more bytes than an answer may have')
            if answer.length:
                raise resolution.InvalidAnswer('the body ends too early')
            kind = answer.headers.get_content_type()
            if answer.status == 200 and kind != 'application/json':
                raise resolution.InvalidAnswer('it is not application/json')
            keep = not answer.will_close
            return answer.status, body
        finally:
            if keep:
                self._give_back(connection)
            else:
                connection.close()

    def _take(self):
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            age = time.monotonic() - connection.idle_since
            if age < MAX_IDLE_SECONDS and connection.is_quiet():
                return connection
            connection.close()

    def close(self):
        """Close the idle connections; questions under way go on."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _give_back(self, connection):
        connection.idle_since = time.monotonic()
        with self._lock:
            if len(self._idle) < MAX_IDLE_CONNECTIONS:
                self._idle.append(connection)
                return
        connection.close()
