# SPDX-License-Identifier: Apache-2.0
"""Where the service is, and the token that Horizon sends to it."""

import ipaddress
import os
import re
import stat
from typing import NamedTuple
from urllib import parse

from django.conf import settings as django_settings

from openstack_dashboard.api import base

SERVICE_TYPE = 'console-policy'
MAX_TOKEN_BYTES = 8192

#: What getaddrinfo() takes: no empty label, none above 63 characters.
_NAME = re.compile(r'(?=.{1,253}\.?\Z)'
                   r'[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?\Z')
_ZONE = re.compile(r'(%[A-Za-z0-9_.-]+)?\Z')
_PATH = re.compile(r'(/[A-Za-z0-9_.~-]+)*\Z')
#: Some catalogs name the version as well; the client adds it.
_VERSION = re.compile(r'/v1\Z')
_TOKEN = re.compile(r'[\x21-\x7e]+\Z')


class NoToken(Exception):
    """There is no token to ask with; the text never holds one."""


class Endpoint(NamedTuple):
    """The address of a service, without the version at its end."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self):
        """The address as a text."""
        return '%s://%s%s' % (self.scheme, self._authority(self.host),
                              self.path)

    @property
    def host_header(self):
        """The Host header. RFC 6874: a zone is local and is not sent."""
        return self._authority(self.host.partition('%')[0])

    @property
    def is_private(self):
        """Whether the network cannot read what is sent there."""
        return self.scheme == 'https' or _is_loopback(self.host)

    def _authority(self, host):
        return ('[%s]:%d' if ':' in host else '%s:%d') % (host, self.port)


def parse_url(value):
    """The Endpoint in a text.

    :raises ValueError: it is not an http or https URL with a host, without
        a user name and a query. The message never repeats the text, which
        may hold a secret.
    """
    wrong = ValueError("must be a URL like 'http://127.0.0.1:9797': http or "
                       "https, no user name, no query")
    if not isinstance(value, str):
        raise wrong
    try:
        parts = parse.urlsplit(value)
        port = parts.port
    except ValueError:
        raise wrong
    path = _VERSION.sub('', parts.path.rstrip('/')).rstrip('/')
    if (parts.scheme not in ('http', 'https') or not parts.hostname or
            '@' in parts.netloc or '?' in value or '#' in value or
            port == 0 or not _is_host(parts.hostname) or
            not _PATH.match(path)):
        raise wrong
    if port is None:
        port = 443 if parts.scheme == 'https' else 80
    return Endpoint(parts.scheme, parts.hostname, port, path)


def in_catalog(request, service_type=SERVICE_TYPE):
    """The URL of a service in the user's catalog, or None.

    In the user's region, by OPENSTACK_ENDPOINT_TYPE and then by
    SECONDARY_ENDPOINT_TYPE, as Horizon finds every other service.
    """
    try:
        return base.url_for(request, service_type)
    except base.exceptions.ServiceCatalogException:
        return None


def describe_lookup(request):
    """Which endpoint in_catalog() looks for, for the log."""
    return '%s %s endpoint in region %s' % (
        SERVICE_TYPE, django_settings.OPENSTACK_ENDPOINT_TYPE,
        request.user.services_region)


def may_carry_token(where, request, allow_http):
    """Whether a token may be sent to an Endpoint.

    :param allow_http: True, False, or None: if the token crosses plain http
        to Nova as well, so that the network learns nothing new.
    """
    if where.is_private or allow_http is not None:
        return where.is_private or allow_http
    nova = in_catalog(request, 'compute')
    return nova is not None and nova.startswith('http://')


def user_token(request):
    """The user's own token, scoped to the project chosen in Horizon.

    :raises NoToken:
    """
    token = getattr(getattr(request.user, 'token', None), 'id', None)
    if not isinstance(token, str):
        raise NoToken('the user has no token')
    return _checked(token, "the user's token")


def token_in_file(path):
    """The token in a file of one line.

    :raises NoToken: the file cannot be read or holds no token.
    """
    try:
        # O_NONBLOCK: opening a pipe by mistake must not hang a worker.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise NoToken('token file %s is not a file' % path)
            raw = os.read(handle, MAX_TOKEN_BYTES + 2)
        finally:
            os.close(handle)
    except OSError as e:
        raise NoToken('token file %s: %s' % (path, e.strerror))
    return _checked(raw.decode('latin-1').strip(), 'token file %s' % path)


def _checked(token, where):
    if len(token) > MAX_TOKEN_BYTES or not _TOKEN.match(token):
        raise NoToken('%s must hold one token: at most %d printable '
                      'characters without a space' % (
                          where, MAX_TOKEN_BYTES))
    return token


def _is_host(text):
    if ':' not in text:
        return bool(_NAME.match(text))
    address, percent, zone = text.partition('%')
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return bool(_ZONE.match(percent + zone))


def _is_loopback(host):
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
