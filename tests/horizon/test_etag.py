# SPDX-License-Identifier: Apache-2.0
"""An unchanged answer is not sent again."""

import json

from fake_policy_service import send

from shim_case import INSTANCE_ID
from shim_case import ShimCase


class TagTests(ShimCase):

    def setUp(self):
        super().setUp()
        self.service.tagged = True

    def test_an_unchanged_answer_is_not_sent_again(self):
        for _ in range(3):
            self.assertEqual('SPICE', self.opened())
        self.assertEqual([200, 304, 304], self.service.statuses)

    def test_a_changed_answer_is(self):
        self.opened()
        self.service.deny(['SPICE'])
        self.assertEqual('VNC', self.opened())
        self.opened()
        self.assertEqual([200, 200, 304], self.service.statuses)

    def test_another_worker_knows_the_tag_through_the_cache(self):
        self.use_shared_cache()
        self.opened()
        self.forget()
        self.assertEqual('SPICE', self.opened())
        self.assertEqual([200, 304], self.service.statuses)

    def test_an_answer_that_is_too_old_is_fetched_again(self):
        self.use_settings(LAST_KNOWN_MAX_AGE=0)
        self.opened()
        self.opened()
        self.assertEqual([200, 200], self.service.statuses)

    def test_an_unrequested_304_is_no_answer(self):
        def lie(connection, head):
            send(connection, b'', '304 Not Modified')
            return True
        self.service.behave = lie
        with self.shim_log() as records:
            self.assertEqual('VNC', self.opened())
        self.assertIn('status 304', records[0].getMessage())

    def test_a_tag_that_would_break_the_header_is_not_kept(self):
        for tag in ('x', '"' + 'a' * 200 + '"', '"a\tb"', '"\xe9"'):
            self.service.heads.clear()
            self.forget()

            def answer(connection, head, tag=tag):
                send(connection, json.dumps(self.service.body(head)).encode(),
                     headers=['ETag: ' + tag])
                return True
            self.service.behave = answer
            self.server.id = INSTANCE_ID[:-1] + '%x' % len(tag[:9])
            self.opened()
            self.opened()
            self.assertNotIn('If-None-Match', self.service.heads[1])

    def test_what_is_learnt_stands_in_the_known_answer(self):
        self.service.known_unavailable = ['RDP']
        self.service.known_available = ['SPICE']
        self.opened()
        self.opened()
        self.assertEqual([200, 304], self.service.statuses)
        self.assertEqual([[], []], [r.outcomes for r in self.offered])
