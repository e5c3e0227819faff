# SPDX-License-Identifier: Apache-2.0
"""A Fernet token as Keystone signs it, with a chosen expiry, so that no test waits for a token to expire.

usage: sign_token.py KEYSTONE_CONF USER_ID PROJECT_ID EXPIRES_AT
"""

import base64
import sys
import uuid

import keystone.conf
from keystone.server import backends  # noqa: F401  (registers the drivers' options)
from keystone.token import token_formatters

conf, user, project, expires_at = sys.argv[1:]
keystone.conf.configure()
keystone.conf.CONF([], project='keystone', default_config_files=[conf])
audit_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b'=').decode('ascii')
print(token_formatters.TokenFormatter().create_token(
    user, expires_at, [audit_id], token_formatters.ProjectScopedPayload, methods=['password'],
    project_id=project))
