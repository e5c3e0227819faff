# SPDX-License-Identifier: Apache-2.0
"""Every write, accepted or refused, leaves one audit event in CADF's form in the log."""

import json
import unittest

from world import PERSONAS, Daemon

BODY = json.dumps({'policy': {'prefer': ['VNC'], 'reason': 'words of the policy'}}).encode()
JSON = ('Content-Type', 'application/json')
GLOBAL = 'req-01234567-89ab-4cde-8f01-23456789abcd'
PATH = '/v1/policies/projects/project-a'


class Audit(unittest.TestCase):

    def test_an_event_has_the_user_the_action_and_the_result(self):
        with Daemon() as daemon:
            wanted = []
            for method, persona, action, status in (
                    ('PUT', 'member', 'update', 403), ('PUT', 'manager', 'create', 201),
                    ('PUT', 'manager', 'update', 200), ('DELETE', 'stranger', 'delete', 403),
                    ('DELETE', 'manager', 'delete', 204), ('DELETE', 'manager', 'delete', 404)):
                who = PERSONAS[persona]
                answer = daemon.request(method, PATH, who.token, BODY if method == 'PUT' else None,
                                        [JSON, ('X-Openstack-Request-Id', GLOBAL),
                                         ('User-Agent', 'openstack"sdk')])
                self.assertEqual(answer.status, status)
                wanted.append((action, 'success' if status < 300 else 'failure', who.user_id,
                               who.project_id, str(status), PATH,
                               answer.headers['x-openstack-request-id']))
            daemon.request('GET', PATH, PERSONAS['manager'].token)
            daemon.end()
            lines = [json.loads(line) for line in daemon.log().splitlines()]
            events = [line['event'] for line in lines if line['message'] == 'audit']
            # An answer goes out before its line, so lines of two requests may change places.
            self.assertCountEqual(
                [(one['action'], one['outcome'], one['initiator']['id'],
                  one['initiator']['project_id'], one['reason']['reasonCode'], one['requestPath'],
                  one['initiator']['request_id']) for one in events], wanted)
            for one in events:
                self.assertEqual(one['typeURI'], 'http://schemas.dmtf.org/cloud/audit/1.0/event')
                self.assertEqual(one['eventType'], 'activity')
                self.assertEqual(one['initiator']['host'],
                                 {'address': '127.0.0.1', 'agent': 'openstack"sdk'})
                self.assertEqual(one['initiator']['global_request_id'], GLOBAL)
            self.assertEqual(len({one['id'] for one in events}), len(events))
            self.assertNotIn('words of the policy', daemon.log())


if __name__ == '__main__':
    unittest.main()
