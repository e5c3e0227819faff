# SPDX-License-Identifier: Apache-2.0
"""HTTP to one service, over connections that stay, within a deadline."""

import http.client
import select
import threading
import time
from typing import NamedTuple
from typing import Optional

import console_policy_dashboard
from console_policy_dashboard import deadline

#: An answer is a few hundred bytes; five types denied by five scopes with
#: the longest reasons stay below 20 KiB.
MAX_BODY_BYTES = 64 * 1024
MAX_ANSWER_BYTES = MAX_BODY_BYTES + 16 * 1024
MAX_IDLE_CONNECTIONS = 8
#: Shorter than the service's own idle time of 60 s, so that Horizon is the
#: one who closes.
MAX_IDLE_SECONDS = 30.0


class InvalidHttp(Exception):
    """What came is not an HTTP answer that can be used; says why."""


class Answer(NamedTuple):
    """An HTTP answer: kind is its media type, etag its entity tag."""

    status: int
    kind: str
    etag: Optional[str]
    body: bytes


class _Connection(http.client.HTTPConnection):
    """An HTTP connection over sockets with a deadline."""

    def __init__(self, transport):
        where = transport.endpoint
        super().__init__(where.host, where.port)
        self._transport = transport
        self.idle_since = 0.0

    def open(self, until):
        """Connect, with TLS where the endpoint says so."""
        sock = deadline.connect(self._transport.resolver.addresses(until),
                                until)
        if self._transport.tls is not None:
            sock = deadline.start_tls(sock, self._transport.tls, self.host,
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


class Transport:
    """Requests to one endpoint. Safe for concurrent use.

    At most MAX_IDLE_CONNECTIONS connections are kept between requests.
    Redirects are not followed; no proxy of the environment is used.
    """

    def __init__(self, where, ca_file):
        """A transport to an Endpoint.

        :raises OSError: an https endpoint, and the CA file cannot be used.
        """
        self.endpoint = where
        self.resolver = deadline.Resolver(where.host, where.port)
        self.tls = (deadline.tls_context(ca_file)
                    if where.scheme == 'https' else None)
        self._lock = threading.Lock()
        self._idle = []

    def get(self, target, headers, until):
        """The Answer to a GET, by the deadline.

        :raises TimeoutError: out of time.
        :raises OSError: the service cannot be reached.
        :raises InvalidHttp: what came is no answer.
        """
        connection = self._take()
        if connection is not None:
            try:
                return self._exchange(connection, 'GET', target, headers,
                                      None, until)
            except (ConnectionError, http.client.BadStatusLine):
                # The service may close a kept connection just when it is
                # used again; a GET can be sent a second time.
                connection.close()
            except http.client.HTTPException as e:
                raise InvalidHttp('not HTTP: %s' % type(e).__name__)
        return self._anew('GET', target, headers, None, until)

    def post(self, target, headers, body, until):
        """The Answer to a POST, by the deadline. Never sent twice.

        Raises as get() does.
        """
        connection = self._take()
        if connection is None:
            return self._anew('POST', target, headers, body, until)
        try:
            return self._exchange(connection, 'POST', target, headers, body,
                                  until)
        except http.client.HTTPException as e:
            raise InvalidHttp('not HTTP: %s' % type(e).__name__)

    def close(self):
        """Close the idle connections; requests under way go on."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _anew(self, method, target, headers, body, until):
        connection = _Connection(self)
        connection.open(until)
        try:
            return self._exchange(connection, method, target, headers, body,
                                  until)
        except http.client.HTTPException as e:
            raise InvalidHttp('not HTTP: %s' % type(e).__name__)

    def _exchange(self, connection, method, target, headers, body, until):
        keep = False
        try:
            connection.sock.start(until, MAX_ANSWER_BYTES)
            connection.request(method, self.endpoint.path + target, body,
                               dict(headers, **{
                                   'User-Agent':
                                   'console-policy-dashboard/%s' %
                                   console_policy_dashboard.__version__}))
            answer = connection.getresponse()
            content = answer.read(MAX_BODY_BYTES + 1)
            if len(content) > MAX_BODY_BYTES:
                raise deadline.TooBig('more bytes than an answer may have')
            if answer.length:
                raise InvalidHttp('invalid answer: the body ends too early')
            keep = not answer.will_close
            return Answer(answer.status, answer.headers.get_content_type(),
                          answer.headers.get('ETag'), content)
        except deadline.TooBig as e:
            raise InvalidHttp(str(e))
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

    def _give_back(self, connection):
        connection.idle_since = time.monotonic()
        with self._lock:
            if len(self._idle) < MAX_IDLE_CONNECTIONS:
                self._idle.append(connection)
                return
        connection.close()
