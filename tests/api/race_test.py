# SPDX-License-Identifier: Apache-2.0
"""Two admins edit the same policy at once, each over what they last saw: one wins, nothing is lost."""

import concurrent.futures
import http.client
import json
import threading
import unittest

from world import PERSONAS, PROJECT_A, Daemon

ROUNDS = 200
PATH = f'/v1/policies/projects/{PROJECT_A}'


class Admin:
    """A connection of their own, kept open."""

    def __init__(self, daemon, name):
        self.name = name
        self._connection = http.client.HTTPConnection(daemon.host, daemon.port, timeout=20)

    def close(self):
        self._connection.close()

    def ask(self, method, reason=None, **conditions):
        """(status, ETag, body)"""
        headers = {'X-Auth-Token': PERSONAS['admin'].token, 'Content-Type': 'application/json'}
        headers.update({name.replace('_', '-'): value for name, value in conditions.items()})
        body = None if reason is None else json.dumps({'policy': {'prefer': ['VNC'], 'reason': reason}})
        self._connection.request(method, PATH, body, headers)
        response = self._connection.getresponse()
        text = response.read()
        return response.status, response.headers['ETag'], json.loads(text) if text else {}


class TwoAdmins(unittest.TestCase):

    def setUp(self):
        daemon = Daemon()
        self.daemon = daemon.__enter__()
        self.addCleanup(daemon.__exit__, None, None, None)
        self.admins = [Admin(daemon, name) for name in ('ada', 'grace')]
        for admin in self.admins:
            self.addCleanup(admin.close)
        self._together = threading.Barrier(2)
        self._threads = concurrent.futures.ThreadPoolExecutor(2)
        self.addCleanup(self._threads.shutdown)

    def both(self, ask):
        """What each got for asking at the same time."""
        def wait_and_ask(admin):
            self._together.wait(20)
            return ask(admin)
        return list(self._threads.map(wait_and_ask, self.admins))

    def reasons(self):
        """Of every accepted write, the first one first."""
        found, marker = [], ''
        while True:
            answer = self.daemon.request('GET', f'/v1/changes?limit=1000{marker}', PERSONAS['admin'].token)
            page = answer.json()
            found += [change['after'] and change['after']['reason'] for change in page['changes']]
            if not page['links']:
                return found[::-1]
            marker = f'&marker={page["changes"][-1]["revision"]}'

    def test_of_two_edits_with_if_match_one_wins_and_the_other_is_412(self):
        status, tag, _ = self.admins[0].ask('PUT', 'first')
        self.assertEqual(status, 201)
        won = {admin.name: 0 for admin in self.admins}
        expected = ['first']
        for number in range(ROUNDS):
            answers = self.both(lambda admin: admin.ask('PUT', f'{admin.name} {number}', If_Match=tag))
            self.assertEqual(sorted(answer[0] for answer in answers), [200, 412], number)
            for admin, (status, new_tag, body) in zip(self.admins, answers):
                if status == 200:
                    won[admin.name] += 1
                    expected.append(f'{admin.name} {number}')
                    tag = new_tag
                else:
                    self.assertEqual(body['errors'][0]['code'], 'console-policy.precondition_failed')
            status, seen_tag, seen = self.admins[0].ask('GET')
            self.assertEqual((status, seen_tag, seen['policy']['reason']), (200, tag, expected[-1]))
        # Every accepted write is on record, in its order, and no refused one is.
        self.assertEqual(self.reasons(), expected)
        self.assertTrue(all(won.values()), f'one of them never came first, so nothing was raced: {won}')
        self.daemon.end()

    def test_a_retry_with_the_new_tag_loses_nothing(self):
        self.assertEqual(self.admins[0].ask('PUT', 'by ')[0], 201)

        def append_all(admin):
            """As `openstack console policy set` would: read, change, write; again when another writer was faster."""
            tries = 0
            for number in range(ROUNDS // 4):
                while True:
                    _, tag, body = admin.ask('GET')
                    tries += 1
                    text = body['policy']['reason'] + admin.name[0]
                    status, _, _ = admin.ask('PUT', text, If_Match=tag)
                    if status == 200:
                        break
                    assert status == 412, status
            return tries
        tries = self.both(append_all)
        reason = self.admins[0].ask('GET')[2]['policy']['reason']
        self.assertEqual((reason.count('a'), reason.count('g')), (ROUNDS // 4, ROUNDS // 4))
        self.assertGreater(sum(tries), ROUNDS // 2, 'nobody was ever in the way of the other')

    def test_of_two_creations_one_wins_and_of_two_removals_too(self):
        for _ in range(ROUNDS // 4):
            answers = self.both(lambda admin: admin.ask('PUT', admin.name, If_None_Match='*'))
            self.assertEqual(sorted(answer[0] for answer in answers), [201, 412])
            winner, = [answer for answer in answers if answer[0] == 201]
            answers = self.both(lambda admin: admin.ask('DELETE', If_Match=winner[1]))
            self.assertEqual(sorted(answer[0] for answer in answers), [204, 404])
        self.assertEqual(len(self.reasons()), 2 * (ROUNDS // 4))


if __name__ == '__main__':
    unittest.main()
