# SPDX-License-Identifier: Apache-2.0
"""What the tests of the shim share."""

import collections
import contextlib
import logging
import tempfile
import time
from unittest import mock

from django.conf import settings as django_settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.cache import cache
from django.test import override_settings
from django.urls import reverse

from fake_policy_service import FakePolicyService

from novaclient import exceptions as nova_exceptions

from openstack_auth import utils as auth_utils

from openstack_dashboard import api
from openstack_dashboard.dashboards.project.instances import console as stock
from openstack_dashboard.test import helpers

from urllib3 import connection
from urllib3 import connectionpool

from console_policy_dashboard.shim import reports
from console_policy_dashboard.shim import runtime

INSTANCE_ID = '6f0b9f3e-58f5-4f4e-9d3b-0c1de7a2f001'
OTHER_ID = '6f0b9f3e-58f5-4f4e-9d3b-0c1de7a2f002'
STOCK_ORDER = ('VNC', 'SPICE', 'RDP', 'SERIAL', 'MKS')


_REAL_CONNECT = connection.HTTPConnection.connect


class _Connection(connection.HTTPConnection):
    """Connects to the fakes; Horizon's tests replace HTTPConnection.connect."""

    def connect(self):
        return _REAL_CONNECT(self)


connectionpool.HTTPConnectionPool.ConnectionCls = _Connection


class ShimCase(helpers.TestCase):
    """Horizon's test case with a fake service that the shim asks.

    Nova is a set of mocks: self.nova[type], each of which opens unless the
    type is taken out with only().
    """

    settings = {}
    #: Whether reports are sent; where not, they are kept in self.offered.
    reporting = False

    def setUp(self):
        super().setUp()
        cache.clear()
        self.service = FakePolicyService()
        self.addCleanup(self.service.close)
        self.offered = []
        if not self.reporting:
            patch = mock.patch.object(reports.Reporter, 'offer',
                                      side_effect=self.offered.append)
            patch.start()
            self.addCleanup(patch.stop)
        self.use_settings(**self.settings)
        self.addCleanup(self.forget)
        self.nova = collections.OrderedDict(
            (name, mock.Mock(name=name)) for name in STOCK_ORDER)
        self.only(*STOCK_ORDER)
        patch = mock.patch.object(stock, 'CONSOLES', self.nova)
        patch.start()
        self.addCleanup(patch.stop)
        self.request.user = auth_utils.get_user(self.request)
        # The service knows the user from the token; the fake gets it from the test.
        self.service.caller = self.user.id
        self.server = self.servers.first()
        self.server.id = INSTANCE_ID

    def use_settings(self, **changes):
        values = {'ENDPOINT': self.service.endpoint, 'TIMEOUT': 0.5}
        values.update(changes)
        override = override_settings(CONSOLE_POLICY=values)
        override.enable()
        self.addCleanup(override.disable)
        self.forget()

    def use_shared_cache(self):
        """Keep last known answers where other processes see them."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        override = override_settings(CACHES=dict(
            django_settings.CACHES, shared={
                'BACKEND':
                'django.core.cache.backends.filebased.FileBasedCache',
                'LOCATION': folder.name}))
        override.enable()
        self.addCleanup(override.disable)
        self.use_settings(CACHE='shared', RETRY_AFTER=1)

    def forget(self):
        """As if Horizon had just started (its cache stays)."""
        runtime.HOLDER.reset()

    def only(self, *types):
        """Let Nova have these types and no others."""
        for name, call in self.nova.items():
            call.side_effect = None
            call.return_value.url = self.url_of(name)
            if name not in types:
                call.side_effect = nova_exceptions.BadRequest(400)

    @staticmethod
    def url_of(name):
        return ('ws://proxy/?token=SERIAL' if name == 'SERIAL' else
                'http://proxy/%s?token=T' % name)

    def opened(self, console_type='AUTO', server=None):
        """The type that opens."""
        return stock.get_console(self.request, console_type,
                                 server or self.server)[0]

    def asked(self):
        """The types Nova was asked for."""
        return [name for name, call in self.nova.items() if call.called]

    def breaker_allows(self):
        """As if RETRY_AFTER had passed."""
        breaker = runtime.current().services.of(self.request).breaker
        with breaker._lock:
            if breaker._retry_at is not None:
                breaker._retry_at = time.monotonic()

    def wait_until(self, condition, seconds=20):
        """Wait for a condition; fail after so many seconds."""
        until = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), until, 'it did not happen')
            time.sleep(0.01)

    @contextlib.contextmanager
    def within(self, seconds):
        """What happens inside takes no longer than this."""
        begin = time.monotonic()
        yield
        self.assertLess(time.monotonic() - begin, seconds)

    @contextlib.contextmanager
    def shim_log(self, level=logging.DEBUG):
        """Collects the shim's log records."""
        records = []
        handler = logging.Handler()
        handler.emit = records.append
        logger = logging.getLogger('console_policy_dashboard')
        before = logger.level
        logger.addHandler(handler)
        logger.setLevel(level)
        try:
            yield records
        finally:
            logger.removeHandler(handler)
            logger.setLevel(before)


class PageCase(ShimCase):
    """A ShimCase whose instance the views find in Nova."""

    def setUp(self):
        super().setUp()
        self.server_get = self.patch(api.nova, 'server_get',
                                     return_value=self.server)

    def patch(self, owner, name, **kwargs):
        patcher = mock.patch.object(owner, name, **kwargs)
        self.addCleanup(patcher.stop)
        return patcher.start()

    def said(self, answer):
        """The text of the messages that come with an answer."""
        stored = CookieStorage(self.request)._decode(
            answer.cookies['messages'].value)
        return ' '.join(m.message for m in stored)

    def view(self, name, dashboard='project'):
        return self.client.get(reverse(
            'horizon:%s:instances:%s' % (dashboard, name),
            args=[INSTANCE_ID]))


def warnings_in(records):
    return [r.getMessage() for r in records if r.levelno >= logging.WARNING]
