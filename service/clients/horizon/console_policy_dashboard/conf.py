# SPDX-License-Identifier: Apache-2.0
"""The shim's settings: the dict CONSOLE_POLICY in Horizon's settings.

What each key means, its unit, range and default stand in
local_settings.d/_1890_console_policy.py.
"""

import os
from typing import NamedTuple
from typing import Optional

from django.conf import settings as django_settings

from console_policy_dashboard import endpoint


class SettingsError(Exception):
    """A value in CONSOLE_POLICY cannot be used; the text says which."""


class Settings(NamedTuple):
    """CONSOLE_POLICY, checked."""

    endpoint: Optional[endpoint.Endpoint]
    allow_http: Optional[bool]
    token_file: Optional[str]
    timeout: float
    retry_after: float
    ca_file: Optional[str]
    last_known_max_age: float
    last_known_max_entries: int
    cache: Optional[str]
    nova_timeout: float
    host_retry_after: float
    unknown: tuple = ()
    #: No service is asked.
    is_off: bool = False


DEFAULTS = {
    'ENDPOINT': None,
    'ALLOW_HTTP': None,
    'TOKEN_FILE': None,
    'TIMEOUT': 0.5,
    'RETRY_AFTER': 10,
    'CA_FILE': None,
    'LAST_KNOWN_MAX_AGE': 86400,
    'LAST_KNOWN_MAX_ENTRIES': 1024,
    'CACHE': 'default',
    'NOVA_TIMEOUT': 15,
    'HOST_RETRY_AFTER': 30,
}


def _number(values, key, low, high, whole=False):
    value = values[key]
    kinds = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise SettingsError("CONSOLE_POLICY['%s'] must be a%s number" % (
            key, ' whole' if whole else ''))
    if not low <= value <= high:
        raise SettingsError("CONSOLE_POLICY['%s'] must be from %s to %s" % (
            key, low, high))
    return value


def _text(values, key):
    value = values[key]
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise SettingsError("CONSOLE_POLICY['%s'] must be None or a text "
                            "that is not empty" % key)
    return value


def _path(values, key):
    value = _text(values, key)
    if value is not None and not os.path.isabs(value):
        raise SettingsError("CONSOLE_POLICY['%s'] must be an absolute "
                            "path" % key)
    return value


def _choice(values, key):
    value = values[key]
    if value is not None and not isinstance(value, bool):
        raise SettingsError("CONSOLE_POLICY['%s'] must be None, True or "
                            "False" % key)
    return value


def _endpoint(values):
    if values['ENDPOINT'] is None:
        return None
    try:
        return endpoint.parse_url(values['ENDPOINT'])
    except ValueError as e:
        raise SettingsError("CONSOLE_POLICY['ENDPOINT'] %s, or None" % e)


def _cache(values):
    name = _text(values, 'CACHE')
    if name is not None and name not in django_settings.CACHES:
        raise SettingsError("CONSOLE_POLICY['CACHE'] names a cache that is "
                            "not in CACHES: %r" % name)
    return name


def parse_settings(raw):
    """Check CONSOLE_POLICY.

    :raises SettingsError: says which value cannot be used, and why.
    """
    if not isinstance(raw, dict):
        raise SettingsError('CONSOLE_POLICY must be a dict')
    values = dict(DEFAULTS)
    values.update((k, v) for k, v in raw.items() if k in DEFAULTS)
    return Settings(
        endpoint=_endpoint(values),
        allow_http=_choice(values, 'ALLOW_HTTP'),
        token_file=_path(values, 'TOKEN_FILE'),
        timeout=_number(values, 'TIMEOUT', 0.05, 10),
        retry_after=_number(values, 'RETRY_AFTER', 1, 25),
        # A cloud with its own authority tells Horizon of it already.
        ca_file=(_path(values, 'CA_FILE') or
                 getattr(django_settings, 'OPENSTACK_SSL_CACERT', None)),
        last_known_max_age=_number(values, 'LAST_KNOWN_MAX_AGE', 0, 2592000),
        last_known_max_entries=_number(values, 'LAST_KNOWN_MAX_ENTRIES',
                                       16, 100000, whole=True),
        cache=_cache(values),
        nova_timeout=_number(values, 'NOVA_TIMEOUT', 1, 300),
        host_retry_after=_number(values, 'HOST_RETRY_AFTER', 0, 600),
        unknown=tuple(sorted(str(k) for k in raw if k not in DEFAULTS)))


def nobody_asked():
    """Settings with which no service is asked, where the given are wrong."""
    own = 'default' if 'default' in django_settings.CACHES else None
    return parse_settings({'CACHE': own})._replace(is_off=True)
