# SPDX-License-Identifier: Apache-2.0
"""A service that misbehaves costs a console at most its deadline.

Each case is one way to misbehave. The console must open in Horizon's own
order (nothing is known yet), within the deadline and a margin for a loaded
machine, with exactly one warning.
"""

import json
import socket
import threading
import time
from unittest import mock

import urllib3

from fake_policy_service import send

from console_policy_dashboard.shim import client
from console_policy_dashboard.shim import runtime

from shim_case import ShimCase
from shim_case import warnings_in

#: The name look-up of requests.
LOOKUP = 'urllib3.util.connection.socket.getaddrinfo'
DEADLINE = 0.5
MARGIN = 0.3


class HostileCase(ShimCase):

    def assertStock(self, slow=False, why=None):
        """Horizon's own order, in time, with one warning."""
        with self.shim_log() as records:
            begin = time.monotonic()
            self.assertEqual('VNC', self.opened())
            took = time.monotonic() - begin
        self.assertLess(took, DEADLINE + MARGIN)
        if slow:
            self.assertGreater(took, DEADLINE - 0.1)
        said = warnings_in(records)
        self.assertEqual(1, len(said), said)
        if why:
            self.assertIn(why, said[0])
        self.assertNotIn('T0KEN', ' '.join(r.getMessage() for r in records))
        self.assertIsNone(next((r for r in records if r.exc_info), None))

    def sends(self, data, keep=False):
        def behave(connection, head):
            connection.sendall(data)
            return keep
        self.service.behave = behave

    def waits(self, *pieces, every=0.05):
        """Send pieces one by one, then nothing, and keep the line open."""
        def behave(connection, head):
            for piece in pieces:
                connection.sendall(piece)
                if self.service.closing.wait(every):
                    return False
            self.service.closing.wait(10)
            return False
        self.service.behave = behave


class UnreachableTests(HostileCase):

    def test_a_closed_port_is_logged_and_passed_over(self):
        closed = socket.socket()
        closed.bind(('127.0.0.1', 0))
        self.addCleanup(closed.close)
        self.use_settings(ENDPOINT='http://127.0.0.1:%d' %
                          closed.getsockname()[1])
        self.assertStock(why='Errno 111')

    def test_a_full_backlog_ends_at_the_deadline(self):
        full = socket.socket()
        full.bind(('127.0.0.1', 0))
        full.listen(0)
        self.addCleanup(full.close)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
            fillers.append(filler)
            self.addCleanup(filler.close)
        self.use_settings(ENDPOINT='http://127.0.0.1:%d' %
                          full.getsockname()[1])
        self.assertStock(slow=True)

    def test_a_name_look_up_that_hangs_ends_at_the_deadline(self):
        self.use_settings(ENDPOINT='http://policy.example.org:9797')

        def hang(host, *args, **kwargs):
            self.service.closing.wait(10)
            return []
        with mock.patch(LOOKUP, side_effect=hang):
            self.assertStock(slow=True)

    def test_an_opening_without_a_thread_does_not_break_the_next(self):
        self.use_settings(RETRY_AFTER=1)
        runtime.current()
        with mock.patch.object(threading.Thread, 'start',
                               side_effect=RuntimeError('no thread')):
            self.assertStock(why='no thread')
        self.breaker_allows()
        self.assertEqual('SPICE', self.opened())

    def test_the_threads_that_a_service_holds_up_are_bounded(self):
        self.use_settings(TIMEOUT=0.3, RETRY_AFTER=1)
        self.waits(*[b'H'] * 5000, every=0.01)
        for _ in range(client.MAX_THREADS + 3):
            self.breaker_allows()
            self.assertEqual('VNC', self.opened())
        self.assertEqual(client.MAX_THREADS, len([
            t for t in threading.enumerate()
            if t.name == 'console-policy-request']))

    def test_an_unknown_name_is_logged(self):
        self.use_settings(ENDPOINT='http://policy.invalid:9797')
        with mock.patch(LOOKUP, side_effect=socket.gaierror('not known')):
            self.assertStock(why='not known')

    def test_the_second_address_is_used_when_the_first_is_refused(self):
        self.use_settings(ENDPOINT='http://two.example.org:9797')
        found = [(socket.AF_INET6, socket.SOCK_STREAM, 6, '',
                  ('::1', self.service.port, 0, 0)),
                 (socket.AF_INET, socket.SOCK_STREAM, 6, '',
                  ('127.0.0.1', self.service.port))]
        with mock.patch(LOOKUP, return_value=found):
            self.assertEqual('SPICE', self.opened())


class SlowTests(HostileCase):

    def test_silence_ends_at_the_deadline(self):
        self.waits()
        self.assertStock(slow=True, why='no answer within 0.5 s')

    def test_a_head_that_drips_ends_at_the_deadline(self):
        self.waits(*[b'H', b'T', b'T', b'P'] * 50)
        self.assertStock(slow=True)

    def test_a_body_that_drips_ends_at_the_deadline(self):
        self.waits(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
                   b'Content-Length: 1000\r\n\r\n', *[b' '] * 200)
        self.assertStock(slow=True)

    def test_chunks_that_drip_end_at_the_deadline(self):
        self.waits(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
                   b'Transfer-Encoding: chunked\r\n\r\n',
                   *[b'1\r\n \r\n'] * 200)
        self.assertStock(slow=True)

    def test_endless_100_continue_ends_at_the_deadline(self):
        self.waits(*[b'HTTP/1.1 100 Continue\r\n\r\n'] * 200)
        self.assertStock(slow=True)

    def test_a_body_that_never_ends_is_cut_off(self):
        self.waits(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
                   b'\r\n{')
        self.assertStock(slow=True)

    def test_a_shorter_deadline_holds_as_well(self):
        self.use_settings(TIMEOUT=0.1)
        self.waits()
        with self.within(0.1 + MARGIN):
            self.opened()


class GarbageTests(HostileCase):

    def test_something_that_is_not_http(self):
        self.sends(b'SSH-2.0-OpenSSH_9.2\r\n\r\n')
        self.assertStock()

    def test_a_connection_that_closes_without_a_word(self):
        self.sends(b'')
        self.assertStock()

    def test_a_head_with_thousands_of_fields(self):
        self.sends(b'HTTP/1.1 200 OK\r\n' + b'X: y\r\n' * 5000 + b'\r\n')
        self.assertStock()

    def test_a_field_without_an_end(self):
        self.sends(b'HTTP/1.1 200 OK\r\nX: ' + b'y' * 1000000)
        self.assertStock()

    def test_a_length_that_is_not_a_number(self):
        self.sends(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
                   b'Content-Length: many\r\n\r\n{}')
        self.assertStock()

    def test_a_chunk_size_that_is_not_a_number(self):
        self.sends(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
                   b'Transfer-Encoding: chunked\r\n\r\nZZ\r\n')
        self.assertStock()

    def test_a_body_that_ends_too_early(self):
        self.sends(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
                   b'Content-Length: 1000\r\n\r\n{"resolution"')
        # urllib3 counts the bytes since version 2.
        counts = int(urllib3.__version__.split('.')[0]) >= 2
        self.assertStock(why='IncompleteRead' if counts else 'not JSON')

    def test_ten_megabytes_with_a_length(self):
        def behave(connection, head):
            send(connection, b' ' * 10000000)
            return False
        self.service.behave = behave
        self.assertStock(why='more than 65536 bytes')

    def test_ten_megabytes_without_a_length(self):
        self.sends(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
                   b'\r\n' + b' ' * 10000000)
        self.assertStock(why='more than 65536 bytes')

    def test_ten_megabytes_in_chunks(self):
        self.sends(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
                   b'Transfer-Encoding: chunked\r\n\r\n' +
                   (b'ffff\r\n' + b' ' * 0xffff + b'\r\n') * 160)
        self.assertStock(why='more than 65536 bytes')

    def test_a_page_instead_of_json(self):
        body = b'<html>hello</html>'
        self.sends(b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n'
                   b'Content-Length: %d\r\n\r\n' % len(body) + body)
        self.assertStock(why='not application/json')


class StatusTests(HostileCase):

    def answers(self, status, *headers):
        def behave(connection, head):
            send(connection, b'{"errors":[]}', status, headers)
            return True
        self.service.behave = behave

    def test_401_is_logged_as_a_wrong_token(self):
        self.answers('401 Unauthorized', 'WWW-Authenticate: x')
        self.assertStock(why='of the service): it answers with status 401')

    def test_403_is_logged_as_a_wrong_set_up(self):
        self.answers('403 Forbidden')
        self.assertStock(why='status 403')

    def test_404_is_logged_as_a_wrong_set_up(self):
        self.answers('404 Not Found')
        self.assertStock(why='status 404')

    def test_400_is_logged_as_a_wrong_set_up(self):
        self.answers('400 Bad Request')
        self.assertStock(why='status 400')

    def test_500_is_logged_as_an_error(self):
        self.answers('500 Internal Server Error')
        self.assertStock(why='fails: it answers with status 500')

    def test_503_is_logged_as_an_error(self):
        self.answers('503 Service Unavailable', 'Retry-After: 5')
        self.assertStock(why='fails: it answers with status 503')

    def test_a_redirect_is_not_followed(self):
        other = self.service.endpoint + '/elsewhere'
        self.answers('302 Found', 'Location: ' + other)
        self.assertStock(why='status 302')
        self.assertEqual(1, len(self.service.heads))


class AnswerTests(HostileCase):
    """Answers that are JSON and are not what was asked for."""

    def refused(self, change):
        self.service.answer_with(change)
        self.assertStock(why='invalid answer')

    def change(self, **members):
        self.refused(lambda d: d['resolution'].update(members))

    def denied(self, *entries):
        self.change(denied=list(entries))

    def test_not_json(self):
        self.refused(lambda d: b'{"resolution": {')

    def test_not_utf8(self):
        self.refused(lambda d: b'{"resolution": "\xff"}')

    def test_not_an_object(self):
        self.refused(lambda d: b'[1, 2]')

    def test_nested_too_deeply(self):
        self.refused(lambda d: b'[' * 60000)

    def test_not_a_number(self):
        self.refused(lambda d: json.dumps(d).replace(
            '"revision": 1', '"revision": NaN').encode())

    def test_a_key_twice(self):
        self.refused(lambda d: json.dumps(d).replace(
            '"denied": []', '"denied": [], "denied": []').encode())

    def test_no_resolution(self):
        self.refused(lambda d: d.pop('resolution') and None)

    def test_no_consoles(self):
        self.refused(lambda d: d['resolution'].pop('consoles') and None)

    def test_consoles_that_are_a_text(self):
        self.change(consoles='VNC')

    def test_an_unknown_console_type(self):
        self.change(consoles=['VNC', 'TELNET'])

    def test_a_console_type_that_is_not_a_text(self):
        self.change(consoles=[['VNC']])

    def test_a_console_type_twice(self):
        self.change(consoles=['VNC', 'SPICE', 'VNC'])

    def test_a_console_type_in_small_letters(self):
        self.change(consoles=['vnc'])

    def test_a_type_both_offered_and_denied(self):
        self.denied({'type': 'VNC', 'denied_by': [{'scope': 'cloud'}]})

    def test_a_type_denied_twice(self):
        entry = {'type': 'RDP', 'denied_by': [{'scope': 'cloud'}]}
        self.denied(entry, entry)

    def test_a_deny_of_no_scope(self):
        self.denied({'type': 'RDP', 'denied_by': []})

    def test_a_deny_of_an_unknown_scope(self):
        self.denied({'type': 'RDP', 'denied_by': [{'scope': 'galaxy'}]})

    def test_a_scope_that_is_not_a_text(self):
        self.denied({'type': 'RDP', 'denied_by': [{'scope': {}}]})

    def test_a_reason_that_is_not_a_text(self):
        self.denied({'type': 'RDP', 'denied_by': [
            {'scope': 'cloud', 'reason': ['a']}]})

    def test_a_reason_that_is_too_long(self):
        self.denied({'type': 'RDP', 'denied_by': [
            {'scope': 'cloud', 'reason': '\u20ac' * 167}]})

    def test_a_reason_with_control_characters(self):
        self.denied({'type': 'RDP', 'denied_by': [
            {'scope': 'cloud', 'reason': 'a\x1b[2Jb'}]})

    def test_a_reason_with_half_a_character(self):
        self.refused(lambda d: json.dumps(d).replace(
            '"denied": []', '"denied": [{"type": "RDP", "denied_by": '
            '[{"scope": "cloud", "reason": "\\ud800"}]}]').encode())

    def test_a_revision_that_is_a_text(self):
        self.change(revision='7')

    def test_a_revision_that_is_true(self):
        self.change(revision=True)

    def test_a_negative_revision(self):
        self.change(revision=-1)

    def test_an_answer_for_another_project(self):
        self.change(project_id='somebody-else')

    def test_an_answer_for_another_instance(self):
        self.change(instance_id='6f0b9f3e-58f5-4f4e-9d3b-0c1de7a2ffff')

    def test_an_answer_for_another_user(self):
        self.change(user_id='somebody-else')

    def test_members_of_a_newer_service_are_left_alone(self):
        self.service.answer_with(
            lambda d: d['resolution'].update(later={'x': 1}))
        self.assertEqual('SPICE', self.opened())

    def test_the_longest_reasons_of_all_scopes_fit(self):
        scopes = ('cloud', 'domain', 'project', 'user', 'instance')
        self.service.answer_with(lambda d: d['resolution'].update(
            consoles=[], denied=[
                {'type': t, 'denied_by': [
                    {'scope': s, 'reason': '\u20ac' * 166} for s in scopes]}
                for t in ('VNC', 'SPICE', 'RDP', 'SERIAL', 'MKS')]))
        with self.shim_log() as records, self.assertRaises(Exception):
            self.opened()
        self.assertEqual([], warnings_in(records))
