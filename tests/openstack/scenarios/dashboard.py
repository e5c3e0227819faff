# SPDX-License-Identifier: Apache-2.0
"""A logged-in Horizon session without a browser, for its REST interface."""
import html
import re
from typing import NamedTuple, Optional

import requests

from . import rig

ANSWER_WITHIN = 70      # seconds; stock Horizon takes 40 on a frozen compute host


class Dashboard:
    """One person's session, which every Horizon of the rig knows but the one under Apache."""

    def __init__(self, user, domain='Default', horizon=rig.HORIZON):
        self._session = requests.Session()
        self._session.trust_env = False
        page = horizon + '/auth/login/'
        form = self._session.get(page, timeout=ANSWER_WITHIN)
        hidden = dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form.text))
        answer = self._session.post(
            page, timeout=ANSWER_WITHIN, allow_redirects=False, headers={'Referer': page},
            data=dict(hidden, username=user, password=rig.password(user), domain=domain))
        if answer.status_code != 302:
            raise RuntimeError('%s could not log in to Horizon: %d' % (user, answer.status_code))

    def close(self):
        self._session.close()

    def console_info(self, server, console_type='AUTO', horizon=rig.HORIZON):
        """POST console-info, as Horizon's Angular pages do; the whole answer."""
        return self._session.post(
            '%s/api/nova/servers/%s/console-info/' % (horizon, server['id']), timeout=ANSWER_WITHIN,
            json={'console_type': console_type}, headers={
                'X-Requested-With': 'XMLHttpRequest', 'X-CSRFToken': self._session.cookies.get('csrftoken', ''),
                'Referer': horizon})

    def console_tab(self, server, horizon=rig.HORIZON):
        """The page with the Console tab, without a browser."""
        answer = self._session.get('%s/project/instances/%s/?tab=instance_details__console' % (horizon, server['id']),
                                   timeout=ANSWER_WITHIN)
        frame = re.search(r'id="console_embed" src="([^"]+)"', answer.text)
        return Tab(answer.status_code, rig.viewer_type(frame[1]) if frame else None, _text(answer.text),
                   answer.elapsed.total_seconds())


class Tab(NamedTuple):
    """What the page showed: its console's type (None without one), its text, and how long it took."""

    status: int
    type: Optional[str]
    text: str
    seconds: float


def _text(page):
    page = re.sub(r'(?s)<(script|style)\b.*?</\1>', ' ', page)
    return ' '.join(html.unescape(re.sub(r'<[^>]+>', ' ', page)).split())
