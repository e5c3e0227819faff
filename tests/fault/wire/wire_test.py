# SPDX-License-Identifier: Apache-2.0
"""Hostile and broken bytes against the real daemon, over raw sockets.

After each case the daemon must still answer GET /healthcheck. Standard library only:

    CONSOLE_POLICY_URL=http://127.0.0.1:9797 /usr/bin/python3 -m unittest -v wire_test

The daemon under test has its default bounds (header 16 KiB, body 64 KiB, 4096 connections); raw.py
has how it learns where that is, and its timeouts.

Idle connections must be kept for longer than the whole run takes (idle_timeout_seconds: 60).
"""

import contextlib
import socket
import struct
import time
import unittest

from raw import BODY_TIMEOUT, CHUNKED, HEADER_TIMEOUT, HEALTH, PATIENCE, POST, ask, connect, receive, send


class Wire(unittest.TestCase):
    def tearDown(self):
        status, answer = ask(HEALTH)
        self.assertEqual(status, 200, answer)

    def refused(self, data, *statuses):
        """`data` gets one of `statuses`, and the connection ends: nothing behind it is served."""
        with contextlib.closing(connect()) as sock:
            send(sock, data)
            status, answer = receive(sock)
            self.assertIn(status, statuses, answer[:500])
            self.assertIn(b"\r\nConnection: close\r\n", answer)
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                self.assertEqual(sock.recv(65536), b"")


class Chunks(Wire):
    def test_a_body_in_chunks_is_refused_before_a_chunk_is_read(self):
        for chunks in (b"", b"-1\r\nabc\r\n0\r\n\r\n", b"ffffffffffffffff\r\nabc", b"3\r\nabc\r\n0\r\n\r\n",
                       b"3;a=" + b"x" * (1 << 20) + b"\r\nabc\r\n0\r\n\r\n",
                       b"2\r\n{}\r\n0\r\nX-Auth-Token: any\r\nContent-Length: 5\r\n\r\n" + HEALTH):
            with self.subTest(chunks=chunks[:20]):
                self.refused(CHUNKED + chunks, 411)


class Framing(Wire):
    def test_length_and_encoding_together_are_refused(self):
        for fields in (
            b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
            b"Content-Length: 3\r\nContent-Length: 4\r\n",
            b"Content-Length: 3\r\nContent-Length: 3\r\n",
            b"Content-Length: 3, 3\r\n",
            b"Content-Length: -1\r\n",
            b"Content-Length: 99999999999999999999\r\n",
            b"Content-Length:\r\n",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        ):
            with self.subTest(fields=fields):
                self.refused(POST + fields + b"\r\n0\r\n\r\n" + HEALTH, 400, 411)

    def test_any_transfer_encoding_is_refused(self):
        for coding in (b"xchunked", b"gzip, chunked", b"chunked, chunked", b"identity"):
            with self.subTest(coding=coding):
                fields = b"Transfer-Encoding: " + coding + b"\r\n\r\n"
                self.refused(POST + fields + HEALTH, 411)

    def test_a_body_beyond_the_bound_is_refused_before_it_comes(self):
        for length in (65537, 1 << 31, (1 << 63) - 1):
            with self.subTest(length=length):
                self.refused(POST + b"Content-Length: %d\r\n\r\n" % length, 413)

    def test_a_large_body_that_comes_all_the_same_still_gets_its_answer(self):
        self.refused(POST + b"Content-Length: 1000000\r\n\r\n" + b"x" * 1000000, 413)

    def test_one_header_in_many_packets_is_one_request(self):
        with contextlib.closing(connect()) as sock:
            for i in range(0, len(HEALTH), 3):
                send(sock, HEALTH[i:i + 3])
                time.sleep(0.002)
            self.assertEqual(receive(sock)[0], 200)

    def test_pipelined_requests_are_all_answered(self):
        with contextlib.closing(connect()) as sock:
            send(sock, HEALTH * 200)
            data = b""
            while data.count(b"HTTP/1.1 200 OK\r\n") < 200:
                more = sock.recv(65536)
                self.assertTrue(more, "closed after %d bytes" % len(data))
                data += more


class Headers(Wire):
    def request(self, field):
        return b"GET /healthcheck HTTP/1.1\r\nHost: wire\r\n" + field + b"\r\n\r\n"

    def test_control_bytes_in_a_value_are_refused(self):
        for value in (b"a\0b", b"a\rb", b"a\x01b", b"a\x7fb", b"a\r\n folded"):
            with self.subTest(value=value):
                self.refused(self.request(b"Name: " + value) + HEALTH, 400)

    def test_a_tab_in_a_value_smuggles_nothing(self):
        # Text behind a TAB was once run as a second request when it fell on a read's border.
        padding = b"Name: a\tb" + b"x" * 600
        with contextlib.closing(connect()) as sock:
            send(sock, self.request(padding + b"GET /v1/changes HTTP/1.1"))
            sock.shutdown(socket.SHUT_WR)
            self.assertEqual(receive(sock)[0], 200)
            self.assertEqual(sock.recv(65536), b"")

    def test_malformed_fields_are_refused(self):
        for field in (b"Name : a", b"Name a", b": a", b" Name: a", b"Na\xe9me: a", b"Host: second"):
            with self.subTest(field=field):
                self.refused(self.request(field) + HEALTH, 400)

    def test_a_request_without_host_is_refused(self):
        self.refused(b"GET /healthcheck HTTP/1.1\r\n\r\n" + HEALTH, 400)

    def test_100_000_fields_are_refused(self):
        self.refused(self.request(b"\r\n".join([b"a: b"] * 100000)), 431)

    def test_one_field_of_a_megabyte_is_refused(self):
        self.refused(self.request(b"Name: " + b"x" * (1 << 20)), 431)


class RequestLines(Wire):
    def test_a_uri_of_a_megabyte_is_refused(self):
        self.refused(b"GET /" + b"x" * (1 << 20) + b" HTTP/1.1\r\nHost: wire\r\n\r\n", 414)

    def test_bytes_that_no_target_has_are_refused(self):
        for target in (b"/caf\xe9", b"/a\0b", b"/a\tb", b"/a b", b"/%zz", b"/%", b"/a#b", b"x"):
            with self.subTest(target=target):
                self.refused(b"GET " + target + b" HTTP/1.1\r\nHost: wire\r\n\r\n" + HEALTH, 400)

    def test_other_protocols_are_refused(self):
        for data in (
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x5a" * 500,
            b"GET /\r\n\r\n",
            b"GET / HTTP/9.9\r\nHost: wire\r\n\r\n",
            b"GET /healthcheck HTTP/1.1\nHost: wire\n\n",
            b"\0" * 100,
        ):
            with self.subTest(data=data[:20]):
                self.refused(data, 400)

    def test_trace_and_connect_are_refused_and_echo_nothing(self):
        for line in (b"TRACE /healthcheck", b"CONNECT wire:443"):
            with self.subTest(line=line):
                data = line + b" HTTP/1.1\r\nHost: wire\r\nX-Auth-Token: echoed\r\n\r\n"
                status, answer = ask(data)
                self.assertIn(status, (405, 501))
                self.assertNotIn(b"echoed", answer)

    def test_absolute_form_and_http_1_0_are_served(self):
        for data in (
            b"GET http://other/healthcheck HTTP/1.1\r\nHost: wire\r\n\r\n",
            b"GET /healthcheck HTTP/1.0\r\n\r\n",
        ):
            with self.subTest(data=data):
                self.assertEqual(ask(data)[0], 200)

    def test_head_has_no_body(self):
        with contextlib.closing(connect()) as sock:
            send(sock, b"HEAD / HTTP/1.1\r\nHost: wire\r\nConnection: close\r\n\r\n")
            data = b""
            while more := sock.recv(65536):
                data += more
            self.assertTrue(data.startswith(b"HTTP/1.1 200 OK\r\n"), data)
            self.assertTrue(data.endswith(b"\r\n\r\n"), data)


class SlowClients(Wire):
    def drip(self, sock, data):
        """A byte every 50 ms until the daemon answers; the seconds that took."""
        began = time.monotonic()
        sock.settimeout(0.05)
        for i in range(len(data)):
            send(sock, data[i:i + 1])
            try:
                sock.recv(1, socket.MSG_PEEK)
                break
            except TimeoutError:
                continue
        sock.settimeout(PATIENCE)
        return time.monotonic() - began

    def test_a_header_that_drips_is_refused_when_its_time_is_over(self):
        with contextlib.closing(connect()) as sock:
            took = self.drip(sock, b"GET /" + b"x" * 8000)
            self.assertEqual(receive(sock)[0], 408)
            self.assertGreater(took, HEADER_TIMEOUT * 0.9)
            self.assertLess(took, HEADER_TIMEOUT + PATIENCE)

    def test_a_body_that_drips_is_refused_when_its_time_is_over(self):
        with contextlib.closing(connect()) as sock:
            send(sock, POST + b"Content-Length: 60000\r\n\r\n")
            took = self.drip(sock, b"x" * 8000)
            self.assertEqual(receive(sock)[0], 408)
            self.assertGreater(took, BODY_TIMEOUT * 0.9)
            self.assertLess(took, BODY_TIMEOUT + PATIENCE)

    def test_a_half_closed_client_gets_its_answer(self):
        with contextlib.closing(connect()) as sock:
            send(sock, HEALTH + HEALTH)
            sock.shutdown(socket.SHUT_WR)
            data = b""
            while more := sock.recv(65536):
                data += more
            self.assertEqual(data.count(b"HTTP/1.1 200 OK\r\n"), 2)

    def test_a_request_cut_in_the_middle_is_refused(self):
        for part in (HEALTH[:20], POST + b"Content-Length: 9\r\n\r\n{"):
            with self.subTest(part=part), contextlib.closing(connect()) as sock:
                send(sock, part)
                sock.shutdown(socket.SHUT_WR)
                self.assertEqual(receive(sock)[0], 400)

    def test_the_daemon_survives_resets_in_every_phase(self):
        whole = POST + b"Content-Length: 2\r\n\r\n{}"
        for end in range(0, len(whole) + 1, 5):
            sock = connect()
            send(sock, whole[:end])
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()

    def test_a_client_that_expects_100_continue_gets_it(self):
        with contextlib.closing(connect()) as sock:
            send(sock, POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            self.assertEqual(sock.recv(25, socket.MSG_WAITALL), b"HTTP/1.1 100 Continue\r\n\r\n")
            send(sock, b"{}")
            self.assertIn(receive(sock)[0], (401, 404, 405))  # no token was sent

    def test_others_are_served_beside_500_idle_and_100_half_requests(self):
        with contextlib.ExitStack() as stack:
            for _ in range(500):
                stack.enter_context(contextlib.closing(connect()))
            for _ in range(100):
                send(stack.enter_context(contextlib.closing(connect())), HEALTH[:10])
            for _ in range(50):
                self.assertEqual(ask(HEALTH)[0], 200)


if __name__ == "__main__":
    unittest.main()
