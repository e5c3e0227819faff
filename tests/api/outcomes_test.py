# SPDX-License-Identifier: Apache-2.0
"""Reports of outcomes from people who mean no good, and from several at once."""

import json
import threading
import time
import unittest

from world import INSTANCE, PERSONAS, PROJECT_A, PROJECT_B, Daemon

BOUNDS = '''
availability:
  reports_per_minute: 5
  max_rows: 150
  max_rows_per_project: 100
'''
UPDATED = '2026-11-23T10:00:00Z'
JSON = ('Content-Type', 'application/json')


def report(*outcomes, updated=UPDATED, host='5368aec0'):
    return json.dumps({'report': {'instance_updated': updated, 'host_id': host, 'outcomes': [
        {'type': kind, 'outcome': outcome} for kind, outcome in outcomes]}}).encode()


UNAVAILABLE = report(('SPICE', 'unavailable'))


def instance(number):
    return f'22222222-2222-4222-8222-{number:012d}'


class Reports(unittest.TestCase):

    def setUp(self):
        self.daemon = Daemon(BOUNDS)
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def send(self, body, persona='member', project=PROJECT_A, instance_id=INSTANCE):
        path = f'/v1/projects/{project}/instances/{instance_id}/outcomes'
        return self.daemon.request('POST', path, PERSONAS[persona].token, body, [JSON])

    def consoles(self, instance_id=INSTANCE, updated=UPDATED, host='5368aec0'):
        answer = self.daemon.request(
            'GET', f'/v1/projects/{PROJECT_A}/instances/{instance_id}/consoles'
            f'?instance_updated={updated}&host_id={host}', PERSONAS['member'].token)
        self.assertEqual(answer.status, 200, answer)
        return answer

    def rows(self, query=''):
        answer = self.daemon.request('GET', f'/v1/availability?{query}', PERSONAS['admin'].token)
        self.assertEqual(answer.status, 200, answer)
        return answer.json()['availability']

    def assert_rows(self, count, query=''):
        self.assertEqual(len(self.rows(query)), count)

    def test_a_flood_fills_the_share_of_its_project_and_evicts_no_other(self):
        self.assertEqual(self.send(UNAVAILABLE).status, 204)
        for number in range(250):
            answer = self.send(UNAVAILABLE, 'stranger', PROJECT_B, instance(number))
            self.assertEqual(answer.status, 204, answer)
        self.assert_rows(100, f'project_id={PROJECT_B}')
        self.assert_rows(1, f'project_id={PROJECT_A}')
        for number in range(80):
            self.assertEqual(self.send(UNAVAILABLE, instance_id=instance(number)).status, 204)
        self.assert_rows(150)
        self.assert_rows(75, f'project_id={PROJECT_A}')
        self.daemon.end()

    def test_beyond_the_rate_of_one_instance_it_is_429_and_another_instance_goes_on(self):
        for _ in range(5):
            self.assertEqual(self.send(UNAVAILABLE).status, 204)
        answer = self.send(UNAVAILABLE)
        self.assertEqual(answer.status, 429, answer)
        self.assertEqual(answer.json()['errors'][0]['code'], 'console-policy.too_many_requests')
        wait = int(answer.headers['retry-after'])
        self.assertTrue(1 <= wait <= 12, wait)
        self.assertEqual(self.send(UNAVAILABLE, instance_id=instance(1)).status, 204)
        time.sleep(wait)
        self.assertEqual(self.send(UNAVAILABLE).status, 204)

    def test_reports_under_other_fingerprints_do_not_touch_the_right_one(self):
        self.assertEqual(self.send(report(('SPICE', 'opened'))).status, 204)
        self.assertEqual(self.send(report(('SPICE', 'unavailable'), updated='2026-11-23T09:00:00Z')).status, 204)
        answer = self.send(report(('SPICE', 'unavailable'), updated='2999-01-01T00:00:00Z'))
        self.assertEqual(answer.status, 400, answer)
        resolution = self.consoles().json()['resolution']
        self.assertEqual(resolution['consoles'][0], 'SPICE')
        self.assertEqual(resolution['known_available'], ['SPICE'])

    def test_the_entity_tag_covers_what_was_seen(self):
        before = self.consoles().headers['etag']
        self.assertEqual(self.send(UNAVAILABLE).status, 204)
        after = self.consoles()
        self.assertNotEqual(after.headers['etag'], before)
        self.assertEqual(self.consoles().headers['etag'], after.headers['etag'])

    def test_two_workers_and_two_users_at_once_leave_one_row_and_no_error(self):
        statuses = []

        def tell(persona):
            statuses.append(self.send(UNAVAILABLE, persona).status)

        threads = [threading.Thread(target=tell, args=(who,)) for who in ('member', 'colleague') * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(statuses, [204] * 4)
        self.assert_rows(1)

    def test_no_audit_event_for_a_report_but_one_for_forgetting(self):
        self.assertEqual(self.send(UNAVAILABLE).status, 204)
        path = f'/v1/projects/{PROJECT_A}/instances/{INSTANCE}/availability'
        self.assertEqual(self.daemon.request('DELETE', path, PERSONAS['manager'].token).status, 204)
        self.daemon.end()
        events = [line['event'] for line in map(json.loads, self.daemon.log().splitlines())
                  if line['message'] == 'audit']
        self.assertEqual([event['action'] for event in events], ['delete'])
        self.assertNotIn('SPICE', self.daemon.log())


if __name__ == '__main__':
    unittest.main()
