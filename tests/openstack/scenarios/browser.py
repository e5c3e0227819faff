# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium with one logged-in Horizon session (tools/browser.js does the driving)."""
import json
import os
import selectors
import subprocess

from . import rig

ANSWER_WITHIN = 70      # seconds, for one request to the browser


class BrowserError(Exception):
    """The browser could not perform the action; the text has what it saw."""


class Browser:
    def __init__(self):
        self._log = open(os.path.join(rig.LOGS, 'browser.log'), 'a')
        self._process = subprocess.Popen(
            ['node', os.path.join(rig.HERE, 'tools/browser.js')], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self._log, text=True, bufsize=1)
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._process.stdout, selectors.EVENT_READ)
        self._person = None

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._ready.close()
        self._log.close()

    def do(self, action, **arguments):
        self._process.stdin.write(json.dumps(dict(arguments, do=action)) + '\n')
        if not self._ready.select(ANSWER_WITHIN):
            raise BrowserError('%s: no answer within %d s' % (action, ANSWER_WITHIN))
        answer = json.loads(self._process.stdout.readline() or '{"error": "the browser ended"}')
        if 'error' in answer:
            raise BrowserError('%s: %s; the page said: %s' % (action, answer['error'], answer.get('trouble')))
        return answer

    def log_in(self, server):
        """A session of the person who opens this server's consoles. Both Horizons of the rig know it."""
        person = (server['user'], server['domain'])
        if person != self._person:
            self._person = None
            self.do('login', horizon=rig.HORIZON, user=server['user'], password=rig.USER_PASSWORD,
                    domain=server['domain'])
            self._person = person

    def console_tab(self, server, horizon=rig.HORIZON):
        """Open the instance's Console tab: type (None without a console), frame, text, ms, status, url."""
        seen = self.open(server, '?tab=instance_details__console', horizon)
        if 'Instance Console' not in seen['text']:
            raise BrowserError('no console tab at %s (%s): %.300s' % (seen['url'], seen['status'], seen['text']))
        seen['type'] = rig.viewer_type(seen['frame']) if seen['frame'] else None
        return seen

    def open(self, server, page, horizon=rig.HORIZON):
        """Open a page of the instance (`auto_console`, `vnc`, `serial`, ...) and follow where it leads."""
        self.log_in(server)
        return self.do('open', url='%s/project/instances/%s/%s' % (horizon, server['id'], page))

    def screen(self):
        """Wait until the viewer in the tab, or on the page, shows the guest's screen; its size."""
        return self.do('viewer')

    def type(self, text, into='canvas'):
        self.do('type', text=text, into=into)

    def terminal(self, contains):
        """Wait until the terminal in the tab, or on the page, shows the text; all that it shows."""
        return self.do('terminal', contains=contains)['text']

    def screenshot(self, path):
        self.do('screenshot', path=path)
