# SPDX-License-Identifier: Apache-2.0
"""Asks Nova for a console of one type, within the opening's time budget."""

import contextlib
import inspect
import logging
import time

from keystoneauth1 import exceptions as keystone_exceptions
from novaclient import exceptions as nova_exceptions
from requests import adapters
from requests import exceptions as requests_exceptions
from urllib3 import util as urllib3_util

from openstack_dashboard import api
from openstack_dashboard.api import _nova

from console_policy_dashboard.shim import server

LOG = logging.getLogger(__name__)

#: The outcome of an attempt.
OPENED = 'opened'
UNAVAILABLE = 'unavailable'
BLOCKED = 'blocked'
FAILED = 'failed'
TIMED_OUT = 'timed out'
#: No other type would do better.
UNAUTHORIZED = 'unauthorized'
FORBIDDEN = 'forbidden'
NOT_FOUND = 'not found'
CONFLICT = 'conflict'
UNREACHABLE = 'unreachable'
BUSY = 'busy'

_BY_STATUS = {400: UNAVAILABLE, 501: UNAVAILABLE, 401: UNAUTHORIZED,
              403: FORBIDDEN, 404: NOT_FOUND, 409: CONFLICT, 413: BUSY,
              429: BUSY}
#: Seconds after which a 5xx means that the compute host did not answer: Nova
#: ends an RPC timeout with a plain 500.
SLOW_ERROR = 5.0
#: Nova's option for the URL of each type.
URL_OPTIONS = {
    'VNC': '[vnc] novncproxy_base_url', 'SPICE': '[spice] html5proxy_base_url',
    'RDP': '[rdp] html5_proxy_base_url', 'SERIAL': '[serial_console] base_url',
    'MKS': '[mks] mksproxy_base_url'}


class Budget:
    """The time that all console calls of one opening have together."""

    #: Seconds below which no further type is tried.
    LEAST = 0.5
    #: The share of it for fetching an instance after a failure.
    FETCH = 0.1

    def __init__(self, seconds):
        self._until = time.monotonic() + seconds
        self._fetch = seconds * self.FETCH

    @property
    def left(self):
        """Seconds that are left; negative after the end."""
        return self._until - time.monotonic()

    @property
    def is_spent(self):
        """Whether too little is left for another type."""
        return self.left < self.LEAST

    def before_fetch(self):
        """The Budget that leaves time to fetch the instance."""
        return Budget(self.left - self._fetch)

    def for_fetch(self):
        """The Budget for fetching the instance, out of what is left."""
        return Budget(min(self.left, self._fetch))


class _BudgetAdapter(adapters.BaseAdapter):
    """Sends through another adapter; the timeout is what is left."""

    def __init__(self, inner, budget):
        super().__init__()
        self._inner = inner
        self._budget = budget

    def send(self, request, **kwargs):
        left = self._budget.left
        if left <= 0:
            raise requests_exceptions.Timeout('no time is left')
        # For connecting and the wait for the answer together.
        kwargs['timeout'] = urllib3_util.Timeout(total=left)
        return self._inner.send(request, **kwargs)

    def close(self):
        self._inner.close()


def _adapters(request, version):
    """The (session, prefix, adapter) of Horizon's Nova clients."""
    found = []
    try:
        sessions = [_nova.novaclient(request, version).client.session]
        if hasattr(_nova, 'computeclient'):  # openstacksdk, in later Horizons
            sessions.append(_nova.computeclient(request).session)
        for session in sessions:
            found += [(session, prefix, adapter)
                      for prefix, adapter in session.adapters.items()]
    except Exception:
        # The call itself fails if it needs this client.
        LOG.debug('console-policy: no client of Nova to limit')
    return found


@contextlib.contextmanager
def _limited(request, version, budget):
    """Limit each HTTP request of Horizon's Nova clients to a budget.

    Horizon makes one client for one request, so no other user's calls are
    affected.
    """
    adapters_before = _adapters(request, version)
    try:
        for session, prefix, adapter in adapters_before:
            session.mount(prefix, _BudgetAdapter(adapter, budget))
        yield
    finally:
        for session, prefix, adapter in adapters_before:
            session.mount(prefix, adapter)


class Attempt:
    """One console call for one type, and its outcome.

    :ivar outcome: one of the constants above.
    :ivar url: of the console, if it opened.
    :ivar status: Nova's HTTP status, or None.
    :ivar milliseconds: how long it took.
    """

    def __init__(self, console_type):
        self.console_type = console_type
        self.outcome = FAILED
        self.url = None
        self.status = None
        self.milliseconds = 0

    @property
    def is_server_error(self):
        """Whether Nova failed or timed out; not a refusal."""
        return self.outcome == TIMED_OUT or (
            self.outcome == FAILED and (self.status or 0) >= 500)


def ask(request, console_type, call, instance_id, budget):
    """The Attempt of one type; takes at most what is left of the budget.

    :param call: function(request, instance id), as Horizon has it.
    """
    attempt = Attempt(console_type)
    begin = time.monotonic()
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(_limited(request, None, budget))
            if call is api.nova.server_mks_console:
                version = api.nova.get_microversion(request,
                                                    'remote_console_mks')
                stack.enter_context(_limited(request, version, budget))
                if _passes_one_too_many(call):
                    call = _mks_console
            attempt.url = call(request, instance_id).url
        attempt.outcome, attempt.status = OPENED, 200
    except Exception as e:
        attempt.status = status_of(e)
        attempt.outcome = _outcome_of(e, attempt.status,
                                      time.monotonic() - begin)
        if attempt.status != 501:
            LOG.debug('Console not available', exc_info=True)
    attempt.milliseconds = int((time.monotonic() - begin) * 1000)
    return attempt


def fetch(request, instance_id, budget):
    """The server.Instance as Nova has it now, or None.

    Nova answers this without the compute host. Takes at most what is left of
    the budget.
    """
    try:
        with _limited(request, None, budget):
            return server.of_server(
                _nova.novaclient(request).servers.get(instance_id))
    except Exception:
        LOG.debug('console-policy: cannot fetch the instance', exc_info=True)
        return None


def status_of(error):
    """The HTTP status in an error of novaclient or openstacksdk, or None."""
    for name in ('code', 'http_status', 'status_code'):
        status = getattr(error, name, None)
        if isinstance(status, int) and 100 <= status <= 599:
            return status
    return None


def _outcome_of(error, status, took):
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if isinstance(error, (nova_exceptions.UnsupportedVersion,
                          nova_exceptions.VersionNotFoundForAPIMethod,
                          nova_exceptions.UnsupportedConsoleType)):
        return FAILED
    if isinstance(error, (keystone_exceptions.ConnectTimeout,
                          requests_exceptions.Timeout)):
        return TIMED_OUT
    if isinstance(error, (keystone_exceptions.ConnectionError,
                          requests_exceptions.ConnectionError)):
        return UNREACHABLE
    if status is not None and status >= 500 and took >= SLOW_ERROR:
        return TIMED_OUT
    return FAILED


def _passes_one_too_many(call):
    """Whether this is the MKS call of Horizon up to 2023.

    It passes a type besides the server, which novaclient does not take. The
    later one has no such parameter.
    """
    try:
        return 'console_type' in inspect.signature(call).parameters
    except (TypeError, ValueError):
        return False


def _mks_console(request, instance_id):
    version = api.nova.get_microversion(request, 'remote_console_mks')
    client = _nova.novaclient(request, version)
    answer = client.servers.get_mks_console(instance_id)
    return api.nova.MKSConsole(answer['remote_console'])
