# SPDX-License-Identifier: Apache-2.0
"""A logged-in Horizon session without a browser, for its REST interface."""
import re

import requests

from . import rig

ANSWER_WITHIN = 30      # seconds


class Dashboard:
    """The session of the person who opens a server's consoles. Both Horizons of the rig know it."""

    def __init__(self, server):
        self._session = requests.Session()
        self._session.trust_env = False
        page = rig.HORIZON + '/auth/login/'
        form = self._session.get(page, timeout=ANSWER_WITHIN)
        hidden = dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form.text))
        answer = self._session.post(
            page, timeout=ANSWER_WITHIN, allow_redirects=False, headers={'Referer': page},
            data=dict(hidden, username=server['user'], password=rig.USER_PASSWORD, domain=server['domain']))
        if answer.status_code != 302:
            raise RuntimeError('%s could not log in to Horizon: %d' % (server['user'], answer.status_code))

    def close(self):
        self._session.close()

    def console_info(self, server, console_type='AUTO', horizon=rig.HORIZON):
        """POST console-info, as Horizon's Angular pages do; the whole answer."""
        return self._session.post(
            '%s/api/nova/servers/%s/console-info/' % (horizon, server['id']), timeout=ANSWER_WITHIN,
            json={'console_type': console_type}, headers={
                'X-Requested-With': 'XMLHttpRequest', 'X-CSRFToken': self._session.cookies.get('csrftoken', ''),
                'Referer': horizon})
