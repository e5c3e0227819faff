# SPDX-License-Identifier: Apache-2.0
"""A policy stops to count by itself, and stays stored."""

import datetime
import json
import time
import unittest

from handlers import PROMISE
from world import PERSONAS, Daemon

CONSOLES = '/v1/projects/project-a/consoles?explain=true'
SECONDS = 1.5


class Expiry(unittest.TestCase):

    def setUp(self):
        self.daemon = self.enterContext(Daemon())

    def store(self, path, policy):
        """Stores a policy that counts for SECONDS; when it stops to, in monotonic time."""
        ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=SECONDS)
        deadline = time.monotonic() + SECONDS
        policy = {**policy, 'expires_at': ends.strftime('%Y-%m-%dT%H:%M:%S.%fZ')}
        answer = self.daemon.request('PUT', path, PERSONAS['admin'].token,
                                     json.dumps({'policy': policy}).encode(),
                                     [('Content-Type', 'application/json')])
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(answer.json()['policy']['expires_at'], policy['expires_at'])
        return deadline

    def resolution(self):
        answer = self.daemon.request('GET', CONSOLES, PERSONAS['manager'].token)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(PROMISE.answer_errors('GET', CONSOLES.partition('?')[0], 200,
                                               answer.headers, answer.json()), [])
        return answer.json()['resolution']

    def states(self, resolution):
        return [(step['scope'], step['state']) for step in resolution['explanation']['scopes']]

    def test_a_project_s_deny_ends_and_any_manager_may_replace_it_then(self):
        path = '/v1/policies/projects/project-a'
        deadline = self.store(path, {'deny': ['SPICE'], 'reason': 'For a moment'})
        resolution = self.resolution()
        self.assertEqual(resolution['consoles'], ['VNC', 'SERIAL', 'MKS'])
        time.sleep(max(0.0, deadline - time.monotonic()) + 0.05)
        resolution = self.resolution()
        self.assertEqual(resolution['consoles'], ['SPICE', 'VNC', 'SERIAL', 'MKS'])
        self.assertEqual(resolution['denied'], [])
        self.assertIn(('project', 'expired'), self.states(resolution))
        answer = self.daemon.request('GET', path, PERSONAS['manager'].token)
        self.assertEqual(answer.json()['policy']['deny'], ['SPICE'])
        # The deny was an admin's. It no longer stands, so the project's manager may take its place.
        answer = self.daemon.request('DELETE', path, PERSONAS['manager'].token)
        self.assertEqual(answer.status, 204, answer)

    def test_the_shipped_default_speaks_when_the_cloud_s_policy_has_ended(self):
        deadline = self.store('/v1/policies/cloud', {'prefer': ['MKS']})
        self.assertEqual(self.resolution()['consoles'], ['MKS'])
        time.sleep(max(0.0, deadline - time.monotonic()) + 0.05)
        resolution = self.resolution()
        self.assertEqual(resolution['consoles'], ['SPICE', 'VNC', 'SERIAL', 'MKS'])
        self.assertEqual(self.states(resolution)[:2], [('cloud', 'expired'), ('cloud', 'shipped')])


if __name__ == '__main__':
    unittest.main()
