# SPDX-License-Identifier: Apache-2.0
"""The shim's settings: the dict CONSOLE_POLICY in Horizon's settings.

What each key means, its unit, range and default stand in
local_settings.d/_1890_console_policy.py.
"""

import os
import re
import stat
from typing import NamedTuple
from typing import Optional
from urllib import parse

from django.conf import settings as django_settings

MAX_TOKEN_BYTES = 8192
_TOKEN = re.compile(r'[\x21-\x7e]+\Z')
_HOST = re.compile(r'[A-Za-z0-9_.:%-]+\Z')
_PATH = re.compile(r'(/[A-Za-z0-9_.~-]+)*\Z')


class SettingsError(Exception):
    """A value in CONSOLE_POLICY cannot be used; the text says which."""


class Settings(NamedTuple):
    """CONSOLE_POLICY, checked."""

    scheme: str
    host: str
    port: int
    path: str
    token_file: Optional[str]
    token: Optional[str]
    timeout: float
    retry_after: float
    ca_file: Optional[str]
    last_known_max_age: float
    last_known_max_entries: int
    cache: Optional[str]
    unknown: tuple

    @property
    def endpoint(self):
        """The service's URL, for log lines."""
        host = '[%s]' % self.host if ':' in self.host else self.host
        return '%s://%s:%d%s' % (self.scheme, host, self.port, self.path)


DEFAULTS = {
    'ENDPOINT': 'http://127.0.0.1:9797',
    'TOKEN_FILE': None,
    'TOKEN': None,
    'TIMEOUT': 0.5,
    'RETRY_AFTER': 10,
    'CA_FILE': None,
    'LAST_KNOWN_MAX_AGE': 86400,
    'LAST_KNOWN_MAX_ENTRIES': 1024,
    'CACHE': 'default',
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


def _endpoint(values):
    value = values['ENDPOINT']
    wrong = SettingsError(
        "CONSOLE_POLICY['ENDPOINT'] must be a URL like "
        "'http://127.0.0.1:9797': http or https, no user name, no query")
    if not isinstance(value, str):
        raise wrong
    try:
        parts = parse.urlsplit(value)
        port = parts.port
    except ValueError:
        raise wrong
    path = parts.path.rstrip('/')
    if (parts.scheme not in ('http', 'https') or not parts.hostname or
            '@' in parts.netloc or '?' in value or '#' in value or
            port == 0 or not _HOST.match(parts.hostname) or
            not _PATH.match(path)):
        raise wrong
    if port is None:
        port = 443 if parts.scheme == 'https' else 80
    return parts.scheme, parts.hostname, port, path


def parse_settings(raw):
    """Check CONSOLE_POLICY.

    :raises SettingsError: says which value cannot be used, and why.
    """
    if not isinstance(raw, dict):
        raise SettingsError('CONSOLE_POLICY must be a dict')
    values = dict(DEFAULTS)
    values.update((k, v) for k, v in raw.items() if k in DEFAULTS)
    scheme, host, port, path = _endpoint(values)
    token_file = _text(values, 'TOKEN_FILE')
    token = _text(values, 'TOKEN')
    if token_file is None and token is None:
        raise SettingsError("CONSOLE_POLICY['TOKEN_FILE'] is not set (nor is "
                            "'TOKEN'): Horizon has no token for the service")
    if token_file is not None and not os.path.isabs(token_file):
        raise SettingsError("CONSOLE_POLICY['TOKEN_FILE'] must be an "
                            "absolute path")
    if token is not None:
        _check_token(token, "CONSOLE_POLICY['TOKEN']")
    cache = _text(values, 'CACHE')
    if cache is not None and cache not in django_settings.CACHES:
        raise SettingsError("CONSOLE_POLICY['CACHE'] names a cache that is "
                            "not in CACHES: %r" % cache)
    return Settings(
        scheme=scheme, host=host, port=port, path=path,
        token_file=token_file, token=token,
        timeout=_number(values, 'TIMEOUT', 0.05, 10),
        retry_after=_number(values, 'RETRY_AFTER', 1, 25),
        ca_file=_text(values, 'CA_FILE'),
        last_known_max_age=_number(values, 'LAST_KNOWN_MAX_AGE', 0, 2592000),
        last_known_max_entries=_number(values, 'LAST_KNOWN_MAX_ENTRIES',
                                       16, 100000, whole=True),
        cache=cache,
        unknown=tuple(sorted(str(k) for k in raw if k not in DEFAULTS)))


def read_token(settings):
    """The token to show to the service.

    :raises SettingsError: the token file cannot be read or holds no token;
        never says what is in it.
    """
    if settings.token_file is None:
        return settings.token
    path = settings.token_file
    try:
        # Opening a pipe by mistake must not hang a worker.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise SettingsError('token file %s is not a file' % path)
            raw = os.read(handle, MAX_TOKEN_BYTES + 2)
        finally:
            os.close(handle)
    except OSError as e:
        raise SettingsError('token file %s: %s' % (path, e.strerror))
    token = raw.decode('latin-1').strip()
    _check_token(token, 'token file %s' % path)
    return token


def _check_token(token, where):
    if len(token) > MAX_TOKEN_BYTES or not _TOKEN.match(token):
        raise SettingsError('%s must hold one token: at most %d printable '
                            'characters without a space' % (
                                where, MAX_TOKEN_BYTES))
