# SPDX-License-Identifier: Apache-2.0
"""Where the service is: as the settings say, else as the catalog says."""

import ipaddress
import re
from typing import NamedTuple
from urllib import parse

from django.conf import settings as django_settings

from openstack_dashboard.api import base

SERVICE_TYPE = 'console-policy'

#: What getaddrinfo() takes: no empty label, none above 63 characters.
_NAME = re.compile(r'(?=.{1,253}\.?\Z)'
                   r'[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?\Z')
_ZONE = re.compile(r'(%[A-Za-z0-9_.-]+)?\Z')
_PATH = re.compile(r'(/[A-Za-z0-9_.~-]+)*\Z')
#: Some catalogs name the version as well; the shim adds it by itself.
_VERSION = re.compile(r'/v1\Z')


class Endpoint(NamedTuple):
    """The address of a service, without the version at its end."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self):
        """The address as a text."""
        host = '[%s]' % self.host if ':' in self.host else self.host
        return '%s://%s:%d%s' % (self.scheme, host, self.port, self.path)

    @property
    def is_private(self):
        """Whether nobody on the network reads what is sent there."""
        return self.scheme == 'https' or _is_loopback(self.host)


def parse_url(value):
    """The Endpoint in a text.

    :raises ValueError: it is not a URL with http or https, a host, no user
        name and no query; never repeats the text, which may hold a secret.
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


def where_looked(request):
    """What in_catalog() looked for, in words, for the log."""
    return '%s endpoint in region %s' % (
        django_settings.OPENSTACK_ENDPOINT_TYPE,
        request.user.services_region)


def may_carry_token(where, request, allow_http):
    """Whether a token may be sent to an Endpoint.

    :param allow_http: True, False, or None: where the token crosses plain
        http to Nova as well, so that nothing more is shown to the network.
    """
    if where.is_private or allow_http is not None:
        return where.is_private or allow_http
    nova = in_catalog(request, 'compute')
    return nova is not None and nova.startswith('http://')


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
