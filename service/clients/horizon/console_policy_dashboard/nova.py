# SPDX-License-Identifier: Apache-2.0
"""Asks Nova for a console, within what is left of one opening's time."""

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

from console_policy_dashboard import instance as instances

LOG = logging.getLogger(__name__)

#: What came of asking for one type.
OPENED = 'opened'
UNAVAILABLE = 'unavailable'
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
#: Seconds after which an error of the server's is taken for a compute host
#: that did not answer: Nova gives up waiting for one with a plain 500.
SLOW_ERROR = 5.0


class Budget:
    """The time that all console calls of one opening have together."""

    #: Seconds below which no further type is tried.
    LEAST = 0.5
    #: The share of it in which an instance is looked at after silence.
    LOOK = 0.1

    def __init__(self, seconds):
        self._until = time.monotonic() + seconds
        self._look = seconds * self.LOOK

    @property
    def left(self):
        """Seconds that are left; negative when time is up."""
        return self._until - time.monotonic()

    @property
    def is_spent(self):
        """Whether too little is left for another try."""
        return self.left < self.LEAST

    def before_a_look(self):
        """The Budget that leaves the time for a look at the instance."""
        return Budget(self.left - self._look)

    def for_a_look(self):
        """The Budget of a look, out of what is left."""
        return Budget(min(self.left, self._look))


class _Budgeted(adapters.BaseAdapter):
    """Sends through another adapter, with a timeout of what is left."""

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


@contextlib.contextmanager
def _held_to(request, version, budget):
    """Hold Horizon's novaclient to a budget: each of its HTTP requests, also
    those for a token. Horizon makes one client for one request, so nobody
    else's calls are touched.
    """
    try:
        session = _nova.novaclient(request, version).client.session
        before = dict(session.adapters)
    except Exception:
        # The call itself will say what is wrong, if it needs this client.
        LOG.debug('console-policy: no client of Nova to hold to a budget')
        yield
        return
    try:
        for prefix, adapter in before.items():
            session.mount(prefix, _Budgeted(adapter, budget))
        yield
    finally:
        for prefix, adapter in before.items():
            session.mount(prefix, adapter)


class Try:
    """One call for one type, and what came of it.

    :ivar outcome: one of the constants above.
    :ivar url: the console's, where it opened.
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
    def is_server_fault(self):
        """Whether Nova failed, or said nothing in time: not a refusal."""
        return self.outcome == TIMED_OUT or (
            self.outcome == FAILED and (self.status or 0) >= 500)


def ask(request, console_type, call, instance_id, budget):
    """The Try of one type; takes what is left of the budget at most.

    :param call: function(request, instance id), as Horizon has it.
    """
    tried = Try(console_type)
    begin = time.monotonic()
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(_held_to(request, None, budget))
            if call is api.nova.server_mks_console:
                version = api.nova.get_microversion(request,
                                                    'remote_console_mks')
                stack.enter_context(_held_to(request, version, budget))
                if _passes_one_too_many(call):
                    call = _mks_console
            tried.url = call(request, instance_id).url
        tried.outcome, tried.status = OPENED, 200
    except Exception as e:
        tried.status = _status_of(e)
        took = time.monotonic() - begin
        tried.outcome = _outcome_of(e, tried.status, took)
        if tried.status != 501:
            LOG.debug('Console not available', exc_info=True)
    tried.milliseconds = int((time.monotonic() - begin) * 1000)
    return tried


def look(request, instance_id, budget):
    """The instance.Instance as Nova has it now, or None.

    No console call: Nova answers it without the compute host. Takes what is
    left of the budget at most.
    """
    try:
        with _held_to(request, None, budget):
            return instances.of_server(
                _nova.novaclient(request).servers.get(instance_id))
    except Exception:
        LOG.debug('console-policy: the instance is not known',
                  exc_info=True)
        return None


def _status_of(error):
    for name in ('code', 'http_status'):
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

    It hands novaclient a type besides the server, which novaclient does not
    take. The later one has no such parameter.
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
