# SPDX-License-Identifier: Apache-2.0
"""The shim's settings: the dict CONSOLE_POLICY in Horizon's settings.

local_settings.d/_1890_console_policy.py describes each key with its unit,
range and default.
"""

import os
from typing import NamedTuple
from typing import Optional

from django.conf import settings as django_settings

from console_policy_dashboard.shim import endpoint


class SettingsError(Exception):
    """A value in CONSOLE_POLICY cannot be used; the text names it."""


class Settings(NamedTuple):
    """CONSOLE_POLICY, checked.

    :ivar unknown: keys that are no settings.
    :ivar disabled: no service is asked.
    """

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
    disabled: bool = False


DEFAULTS = {
    'ENDPOINT': None,
    'ALLOW_HTTP': None,
    'TOKEN_FILE': None,
    'TIMEOUT': 0.5,
    'RETRY_AFTER': 10,
    'CA_FILE': None,
    'LAST_KNOWN_MAX_AGE': 86400,
    'LAST_KNOWN_MAX_ENTRIES': 10000,
    'CACHE': 'default',
    'NOVA_TIMEOUT': 15,
    'HOST_RETRY_AFTER': 30,
}
#: Least and greatest value; an int range takes whole numbers only.
_RANGES = {
    'TIMEOUT': (0.05, 10.0),
    'RETRY_AFTER': (1.0, 25.0),
    'LAST_KNOWN_MAX_AGE': (0.0, 2592000.0),
    'LAST_KNOWN_MAX_ENTRIES': (16, 100000),
    'NOVA_TIMEOUT': (1.0, 300.0),
    'HOST_RETRY_AFTER': (0.0, 600.0),
}


def parse_settings(raw):
    """Check CONSOLE_POLICY.

    :raises SettingsError: names the value that cannot be used, and why.
    """
    if not isinstance(raw, dict):
        raise SettingsError('CONSOLE_POLICY must be a dict')
    values = dict(DEFAULTS)
    values.update((k, v) for k, v in raw.items() if k in DEFAULTS)
    for key in _RANGES:
        _check_number(key, values[key])
    for key in ('TOKEN_FILE', 'CA_FILE'):
        _check_path(key, values[key])
    if not isinstance(values['ALLOW_HTTP'], (type(None), bool)):
        _refuse('ALLOW_HTTP', 'must be None, True or False')
    if (values['CACHE'] is not None and
            values['CACHE'] not in django_settings.CACHES):
        _refuse('CACHE', 'names a cache that is not in CACHES: %r' %
                (values['CACHE'],))
    if values['ENDPOINT'] is not None:
        try:
            values['ENDPOINT'] = endpoint.parse_url(values['ENDPOINT'])
        except ValueError as e:
            _refuse('ENDPOINT', '%s, or None' % e)
    if values['CA_FILE'] is None:
        values['CA_FILE'] = getattr(django_settings, 'OPENSTACK_SSL_CACERT',
                                    None)
    return Settings(
        unknown=tuple(sorted(str(k) for k in raw if k not in DEFAULTS)),
        **{key.lower(): value for key, value in values.items()})


def without_service():
    """Settings with which no service is asked: the given ones are wrong."""
    cache = 'default' if 'default' in django_settings.CACHES else None
    return parse_settings({'CACHE': cache})._replace(disabled=True)


def _refuse(key, why):
    raise SettingsError("CONSOLE_POLICY['%s'] %s" % (key, why))


def _check_number(key, value):
    low, high = _RANGES[key]
    kinds = int if isinstance(low, int) else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds):
        _refuse(key, 'must be a%s number' % (
            ' whole' if kinds is int else ''))
    if not low <= value <= high:
        _refuse(key, 'must be from %g to %g' % (low, high))


def _check_path(key, value):
    if value is not None and not (isinstance(value, str) and
                                  os.path.isabs(value)):
        _refuse(key, 'must be None or an absolute path')
