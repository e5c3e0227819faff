# SPDX-License-Identifier: Apache-2.0
"""The token that Horizon shows to the service, and in whose name."""

import os
import re
import stat
from typing import NamedTuple
from typing import Optional

MAX_TOKEN_BYTES = 8192
_TOKEN = re.compile(r'[\x21-\x7e]+\Z')


class NoToken(Exception):
    """There is no token to ask with; the text says why, never the token."""


class Credentials(NamedTuple):
    """A token, and for whom it asks.

    on_behalf_of is None where the token is the user's own: the service then
    knows from it who asks and which domain the project is in. Otherwise the
    token is a service's, and it is the user's id.
    """

    token: str
    on_behalf_of: Optional[str]


def of(request, token_file):
    """What to ask with for the user of a request.

    The user's own token, scoped to the project that is chosen in Horizon;
    with a token file that token, in the user's name.

    :raises NoToken:
    """
    if token_file is not None:
        return Credentials(read_file(token_file), str(request.user.id))
    token = getattr(getattr(request.user, 'token', None), 'id', None)
    if not isinstance(token, str):
        raise NoToken('the user has no token')
    _check(token, "the user's token")
    return Credentials(token, None)


def read_file(path):
    """The token in a file of one line.

    :raises NoToken: the file cannot be read or holds no token.
    """
    try:
        # Opening a pipe by mistake must not hang a worker.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise NoToken('token file %s is not a file' % path)
            raw = os.read(handle, MAX_TOKEN_BYTES + 2)
        finally:
            os.close(handle)
    except OSError as e:
        raise NoToken('token file %s: %s' % (path, e.strerror))
    token = raw.decode('latin-1').strip()
    _check(token, 'token file %s' % path)
    return token


def _check(token, where):
    if len(token) > MAX_TOKEN_BYTES or not _TOKEN.match(token):
        raise NoToken('%s must hold one token: at most %d printable '
                      'characters without a space' % (
                          where, MAX_TOKEN_BYTES))
