# SPDX-License-Identifier: Apache-2.0
"""For Horizon's own tests: the shim on, and the service absent.

Horizon's test servers have ids like "1", which the shim would not even ask
for, and some of its requests have a user without a token; here the shim takes
the ids, and has a token in a file, so that each opening meets the closed port.
What it logs goes to the file in SHIM_LOG, for the proof that it did.
"""

import os
import re

from urllib3 import connection
from urllib3 import connectionpool

from console_policy_dashboard.shim import server

from shim_settings import *  # noqa: F401,F403


_REAL_CONNECT = connection.HTTPConnection.connect


class _Connection(connection.HTTPConnection):
    """Lets the shim reach its closed port: Horizon's tests let none out."""

    def connect(self):
        if self.port == 1:
            return _REAL_CONNECT(self)
        return super().connect()


connectionpool.HTTPConnectionPool.ConnectionCls = _Connection
server._INSTANCE_ID = re.compile(r'[A-Za-z0-9-]+\Z')

CONSOLE_POLICY['TOKEN_FILE'] = os.environ['SHIM_LOG'] + '.token'  # noqa: F405
with open(CONSOLE_POLICY['TOKEN_FILE'], 'w') as token:  # noqa: F405
    token.write('a-token-for-nobody\n')

LOGGING = {
    'version': 1,
    'disable_existing_loggers': False,
    'formatters': {'level': {'format': '%(levelname)s %(message)s'}},
    'handlers': {
        'shim': {'class': 'logging.FileHandler', 'formatter': 'level',
                 'filename': os.environ['SHIM_LOG']},
    },
    'loggers': {
        'console_policy_dashboard': {'handlers': ['shim'],
                                     'level': 'DEBUG',
                                     'propagate': False},
    },
}
