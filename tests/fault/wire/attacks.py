# SPDX-License-Identifier: Apache-2.0
"""What hostile clients do to the daemon, and what they get: the table of tests/fault/README.md.

An attack is a function of the target that returns what it was answered: statuses, 'closed' (the
connection ended without an answer) or 'nothing' (no client was left to answer). Its first line
of documentation, its answers and their source are its row of the table.
"""

import contextlib
import select
import socket
import struct
import time

from daemon import quick
from raw import CHUNKED, HEALTH, PATIENCE, POST, connect, receive, send

MEGABYTE = b'x' * (1 << 20)
ATTACKS = []


class Attack:
    def __init__(self, play, answers, source, fills):
        self.play, self.answers, self.source, self.fills = play, answers, source, fills
        self.name = play.__name__.replace('_', ' ')
        self.what = play.__doc__.splitlines()[0].rstrip('.')

    def row(self):
        return f'| {self.name} | {self.what} | {self.answers} | {self.source} |'

    def allows(self, answer):
        return str(answer) in self.answers.split(' or ')


def attack(answers, source, fills=False):
    """`fills`: takes every place there is, so that others are served only on what they have open."""
    def add(play):
        ATTACKS.append(Attack(play, answers, source, fills))
        return play
    return add


def many(whole, few):
    return few if quick() else whole


def answer_to(target, *requests, then=b''):
    """What each of these is answered, each on a connection of its own."""
    for data in requests:
        with contextlib.closing(connect(address=target.address)) as sock:
            send(sock, data + then)
            yield receive(sock)[0] or 'closed'


def get(path, token=b'', fields=b''):
    token = b'X-Auth-Token: ' + token + b'\r\n' if token else b''
    return b'GET ' + path + b' HTTP/1.1\r\nHost: wire\r\n' + token + fields + b'\r\n'


def health(fields):
    return get(b'/healthcheck', fields=fields + b'\r\n')


def drip(socks, seconds, byte=b'x'):
    """A byte to each every 100 ms for as long as they take it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for sock in socks:
            send(sock, byte)
        time.sleep(0.1)


@contextlib.contextmanager
def connections(target, number, first=b'', receive_buffer=None):
    with contextlib.ExitStack() as stack:
        socks = []
        for _ in range(number):
            sock = stack.enter_context(contextlib.closing(socket.socket()))
            sock.settimeout(PATIENCE)
            if receive_buffer:  # before it connects: it bounds what the daemon may have in flight
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            sock.connect(target.address)
            send(sock, first)
            socks.append(sock)
        yield socks


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    sock.close()


@attack('408', 'RFC 9110, 15.5.9')
def slow_headers(target):
    """50 clients send a byte of their header every 100 ms."""
    with connections(target, 50, b'GET /') as socks:
        drip(socks, target.timeout * 1.5)
        yield from (receive(sock)[0] for sock in socks)


@attack('408', 'RFC 9110, 15.5.9')
def slow_bodies(target):
    """50 clients send a byte of their body every 100 ms."""
    with connections(target, 50, POST + b'Content-Length: 60000\r\n\r\n') as socks:
        drip(socks, target.timeout * 1.5)
        yield from (receive(sock)[0] for sock in socks)


@attack('411', 'RFC 9112, 6.3')
def slow_chunks(target):
    """50 clients send a digit of a chunk size every 100 ms."""
    with connections(target, 50, CHUNKED) as socks:
        drip(socks, target.timeout * 1.5, b'0')
        yield from (receive(sock)[0] for sock in socks)


@attack('closed', 'RFC 9112, 9.5')
def slow_readers(target):
    """10 clients ask for the list of policies 20,000 times over and read nothing."""
    data = get(b'/v1/policies', target.token) * 100
    with connections(target, many(10, 2), receive_buffer=4096) as socks:
        waiting = {sock.fileno(): sock for sock in socks}
        poll = select.poll()
        for sock in socks:
            sock.setblocking(False)
            poll.register(sock, select.POLLOUT)
        sent = dict.fromkeys(waiting, 0)
        end = time.monotonic() + target.write_timeout + 60
        while waiting and time.monotonic() < end:
            for number, events in poll.poll(100):
                if events & (select.POLLERR | select.POLLHUP):
                    poll.unregister(number)
                    del waiting[number]
                    yield 'closed'
                    continue
                with contextlib.suppress(OSError):
                    sent[number] += waiting[number].send(data)
                if sent[number] > 200 * len(data):
                    poll.modify(number, 0)
        yield from ('still open' for _ in waiting)


@attack('200', 'RFC 9112, 9.5')
def ten_thousand_idle_connections(target):
    """10,000 connections that send nothing; then some of them ask after all."""
    with connections(target, many(10000, 1000)) as socks:
        for sock in socks[::len(socks) // 50]:
            send(sock, HEALTH)
            yield receive(sock)[0]
        for sock in socks:
            reset(sock)


@attack('503 or closed', 'RFC 9110, 15.6.4', fills=True)
def connection_flood(target):
    """Three times as many connections as there are places."""
    with contextlib.ExitStack() as stack:
        beyond = []
        for i in range(target.places * 3):
            sock = stack.enter_context(contextlib.closing(connect(address=target.address)))
            if i >= target.places:
                beyond.append(sock)
        for sock in beyond:
            yield receive(sock)[0] or 'closed'


@attack('200', 'RFC 9112, 9.6')
def half_closed_after_requests(target):
    """Two requests, then the sending side is shut."""
    with contextlib.closing(connect(address=target.address)) as sock:
        send(sock, HEALTH + HEALTH)
        sock.shutdown(socket.SHUT_WR)
        data = b''
        while more := sock.recv(65536):
            data += more
        yield 200 if data.count(b'HTTP/1.1 200 OK\r\n') == 2 else data[:40]


@attack('400', 'RFC 9112, 8')
def half_closed_in_a_request(target):
    """The sending side is shut in the request line, in the header, in the body."""
    for part in (HEALTH[:6], HEALTH[:30], POST + b'Content-Length: 9\r\n\r\n{'):
        with contextlib.closing(connect(address=target.address)) as sock:
            send(sock, part)
            sock.shutdown(socket.SHUT_WR)
            yield receive(sock)[0]


@attack('nothing', '')
def resets_in_every_phase(target):
    """A write is reset after each of its bytes, and again while it is answered."""
    whole = b'PUT /v1/policies/projects/wire HTTP/1.1\r\nHost: wire\r\nX-Auth-Token: ' + target.token
    whole += b'\r\nContent-Type: application/json\r\nContent-Length: 31\r\n\r\n{"policy": {"prefer": ["VNC"]}}'
    for end in range(len(whole) + 1):
        sock = connect(address=target.address)
        send(sock, whole[:end])
        reset(sock)
    for _ in range(100):
        sock = connect(address=target.address)
        send(sock, whole * 3)
        reset(sock)
    yield 'nothing'


@attack('411', 'RFC 9112, 6.3')
def chunk_sizes_that_are_none(target):
    """Chunk sizes of -1, zzz, 0x3, blanks around, none at all, more digits than 64 bits have."""
    sizes = (b'-1', b'-2', b'zzz', b'0x3', b' 3', b'3 ', b'', b'+3', b'10000000000000000')
    yield from answer_to(target, *(CHUNKED + size + b'\r\nabc\r\n0\r\n\r\n' for size in sizes))


@attack('411', 'RFC 9112, 6.3')
def huge_chunks(target):
    """Chunk sizes of 7fffffff, 7fffffffffffffff and ffffffffffffffff."""
    sizes = (b'7fffffff', b'7fffffffffffffff', b'ffffffffffffffff')
    yield from answer_to(target, *(CHUNKED + size + b'\r\nabc' for size in sizes))


@attack('411', 'RFC 9112, 6.3')
def extensions_and_trailers(target):
    """A megabyte of chunk extension, of many extensions, of one trailer, of many trailers."""
    yield from answer_to(
        target,
        CHUNKED + b'3;a=' + MEGABYTE + b'\r\nabc\r\n0\r\n\r\n',
        CHUNKED + (b'1;a=' + b'x' * 8000 + b'\r\nb\r\n') * 130,
        CHUNKED + b'1\r\na\r\n0\r\nTrailer: ' + MEGABYTE + b'\r\n\r\n',
        CHUNKED + b'1\r\na\r\n0\r\n' + b'a: b\r\n' * 170000 + b'\r\n')


@attack('400 or 411', 'RFC 9112, 6.1 and 6.3')
def two_ways_to_frame(target):
    """Content-Length beside Transfer-Encoding, two lengths, lengths that are none; a request behind."""
    fields = (b'Content-Length: 3\r\nTransfer-Encoding: chunked', b'Transfer-Encoding: chunked\r\nContent-Length: 3',
              b'Content-Length: 3\r\nContent-Length: 4', b'Content-Length: 3, 3', b'Content-Length: -1',
              b'Content-Length: +3', b'Content-Length: 99999999999999999999', b'Content-Length:',
              b'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked')
    yield from answer_to(target, *(POST + each + b'\r\n\r\n0\r\n\r\n' for each in fields), then=HEALTH)


@attack('411', 'RFC 9112, 6.1 and 6.3')
def other_transfer_codings(target):
    """gzip, identity, xchunked, chunked twice; Transfer-Encoding in HTTP/1.0."""
    codings = (b'gzip, chunked', b'identity', b'xchunked', b'chunked, chunked')
    yield from answer_to(target, *(POST + b'Transfer-Encoding: ' + each + b'\r\n\r\n' for each in codings), then=HEALTH)
    old = POST.replace(b'1.1', b'1.0') + b'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
    yield from answer_to(target, old)


@attack('413', 'RFC 9110, 15.5.14')
def bodies_beyond_the_bound(target):
    """A length of 64 KiB and one, of 2^31, of 2^63 - 1; a megabyte that comes all the same."""
    yield from answer_to(target, *(POST + b'Content-Length: %d\r\n\r\n' % size for size in (65537, 1 << 31, 2**63 - 1)))
    yield from answer_to(target, POST + b'Content-Length: 1048576\r\n\r\n' + MEGABYTE)


@attack('400', 'RFC 9110, 5.5')
def bytes_that_no_field_has(target):
    """NUL, CR, other controls and a folded line in a value; blanks and latin-1 in a name; latin-1 in Host."""
    fields = (b'A: a\0b', b'A: a\rb', b'A: a\x01b', b'A: a\x7fb', b'A: a\r\n folded', b'A : a',
              b': a', b' A: a', b'A\xe9: a', b'A\0: a', b'Host: second')
    yield from answer_to(target, *(health(each) for each in fields), then=HEALTH)
    yield from answer_to(target, HEALTH.replace(b'wire', b'caf\xe9'), then=HEALTH)


@attack('200', 'RFC 9110, 5.5')
def opaque_bytes_in_a_field(target):
    """latin-1 and UTF-8 in a value that the service does not read."""
    yield from answer_to(target, health(b'X-SSL-Client-CN: J\xf6rg'), health(b'X-Name: J\xc3\xb6rg'))


@attack('200', 'RFC 9110, 5.5')
def a_tab_in_a_field(target):
    """A TAB in a value, with what looks like a request behind it."""
    with contextlib.closing(connect(address=target.address)) as sock:
        send(sock, health(b'A: a\tb' + b'x' * 600 + b'GET /v1/changes HTTP/1.1'))
        sock.shutdown(socket.SHUT_WR)
        yield receive(sock)[0]
        if sock.recv(1):
            yield 'a second answer'


@attack('431', 'RFC 6585, 5')
def headers_without_end(target):
    """100,000 fields; one field of a megabyte; a megabyte of blank lines before a request."""
    yield from answer_to(target, health(b'\r\n'.join([b'a: b'] * 100000)), health(b'A: ' + MEGABYTE),
                         b'\r\n' * 500000 + HEALTH)


@attack('414', 'RFC 9110, 15.5.15')
def a_uri_of_a_megabyte(target):
    """A path, and a query, of a megabyte."""
    yield from answer_to(target, get(b'/' + MEGABYTE), get(b'/v1/policies?a=' + MEGABYTE))


@attack('400 or 404', 'RFC 3986, 2.1 and 3.3')
def escapes_in_the_path(target):
    """%00, %2f, %2e%2e, .., an escape that is none, UTF-8 that is none; with a good token."""
    paths = (b'/v1/policies/projects/%00', b'/v1/policies/projects/a%00b', b'/v1/policies/projects/a%2fb',
             b'/v1/policies/projects/%2e%2e', b'/v1/policies/projects/../cloud', b'/v1/../v1/policies',
             b'//v1/policies',
             b'/v1/policies/projects/%zz', b'/v1/policies/projects/%c0%af', b'/v1/policies/projects/%ff', b'/%2e/v1')
    yield from answer_to(target, *(get(path, target.token) for path in paths))


@attack('400', 'RFC 9112, 3.2')
def bytes_that_no_target_has(target):
    """latin-1, NUL, TAB, a blank, a fragment, no slash in front."""
    yield from answer_to(target, *(get(path) for path in (b'/caf\xe9', b'/a\0b', b'/a\tb', b'/a b', b'/a#b', b'x')))


@attack('400', 'RFC 9112, 3')
def no_http_version(target):
    """A request line that ends behind the target, or behind the blank after it."""
    yield from answer_to(target, b'GET / \r\n\r\n', b'GET /\r\n\r\n', b'GET / \r\nHost: wire\r\n\r\n')


@attack('200', 'RFC 9112, 3.2.2; RFC 9112, 2.3')
def old_and_odd_forms(target):
    """The absolute form; HTTP/1.0 without Host."""
    yield from answer_to(target, b'GET http://other/healthcheck HTTP/1.1\r\nHost: wire\r\n\r\n',
                         b'GET /healthcheck HTTP/1.0\r\n\r\n')


@attack('400', 'RFC 9112, 2.3 and 3')
def other_protocols(target):
    """HTTP/0.9, HTTP/9.9, HTTP/2's preface, bare line ends, TLS and zeros on the plain port."""
    yield from answer_to(target, b'GET /healthcheck\r\n\r\n', b'GET / HTTP/9.9\r\nHost: wire\r\n\r\n',
                         b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', HEALTH.replace(b'\r\n', b'\n'),
                         b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + b'\x5a' * 500, b'\0' * 100)


@attack('closed', 'RFC 8446, 6.2')
def plain_bytes_on_the_tls_port(target):
    """A plain request, zeros and half a handshake where TLS is spoken."""
    for data in (HEALTH, b'\0' * 1000, b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'):
        with contextlib.closing(connect(address=target.tls_address)) as sock:
            send(sock, data)
            status, answer = receive(sock)
            yield 'closed' if status is None and b'HTTP' not in answer else status


@attack('200', 'RFC 9112, 9.3.2')
def pipelined_flood(target):
    """5 clients send 5,000 requests each in one piece."""
    number = many(5000, 500)
    with connections(target, 5) as socks:
        for sock in socks:
            sock.setblocking(False)
        left = {sock: HEALTH * number for sock in socks}
        seen = dict.fromkeys(socks, b'')
        answered = dict.fromkeys(socks, 0)
        end = time.monotonic() + 120
        while any(answered[sock] < number for sock in socks) and time.monotonic() < end:
            readable, writable, _ = select.select(socks, [sock for sock in socks if left[sock]], [], 1)
            for sock in writable:
                with contextlib.suppress(BlockingIOError):
                    left[sock] = left[sock][sock.send(left[sock][:65536]):]
            for sock in readable:
                data = seen[sock] + sock.recv(1 << 20)
                answered[sock] += data.count(b'HTTP/1.1 200 OK\r\n')
                seen[sock] = data[-16:] if not data.endswith(b'HTTP/1.1 200 OK\r\n') else b''
        yield from (200 if answered[sock] == number else f'{answered[sock]} of {number}' for sock in socks)


@attack('401', 'RFC 9110, 10.1.1')
def expect_100_continue(target):
    """A client that waits for 100 Continue before its body; no token."""
    with contextlib.closing(connect(address=target.address)) as sock:
        send(sock, b'PUT /v1/policies/cloud HTTP/1.1\r\nHost: wire\r\nExpect: 100-continue\r\n'
                   b'Content-Length: 2\r\n\r\n')
        status, _ = receive(sock)
        if status == 100:
            send(sock, b'{}')
            status, _ = receive(sock)
        yield status


@attack('405 or 501', 'RFC 9110, 9.1')
def methods_that_are_not_there(target):
    """TRACE, CONNECT, BREW, PATCH, a method of 1,000 characters, one in lower case."""
    for method in (b'TRACE', b'CONNECT', b'BREW', b'PATCH', b'X' * 1000, b'get'):
        data = method + (b' wire:443' if method == b'CONNECT' else b' /healthcheck')
        data += b' HTTP/1.1\r\nHost: wire\r\nX-Auth-Token: echoed\r\n\r\n'
        with contextlib.closing(connect(address=target.address)) as sock:
            send(sock, data)
            status, answer = receive(sock)
            yield 'an echo' if b'echoed' in answer else status


@attack('401', 'RFC 9110, 15.5.2')
def tokens_guessed(target):
    """2,000 requests with a wrong token each, on 4 connections; one with two tokens, one of 4 KiB, one of 15."""
    with connections(target, 4) as socks:
        for i in range(many(500, 50)):
            for j, sock in enumerate(socks):
                send(sock, get(b'/v1/policies', b'guess%d-%d' % (i, j)))
            for sock in socks:
                yield receive(sock)[0]
    yield from answer_to(target, get(b'/v1/policies', target.token, b'X-Auth-Token: other\r\n'),
                         get(b'/v1/policies', b't' * 4097), get(b'/v1/policies', b't' * 15000))


@attack('400', 'RFC 8259; RFC 9110, 15.5.1')
def json_that_is_none(target):
    """Nested 30,000 deep, cut short, repeated keys, huge numbers, bytes and escapes that are no text."""
    bodies = (b'[' * 30000, b'{"a":' * 10000, b'{"policy": {"prefer": ["VNC"',
              b'{"policy":{"reason":"a","reason":"b"}}',
              b'{"policy": 1e99999}', b'{"policy": {"reason": "\xff\xfe"}}', b'{"policy": {"reason": "\\ud800"}}',
              b'{"policy": {"reason": "\\ud83d\\uade0"}}', b'', b'\0')
    head = b'PUT /v1/policies/projects/wire HTTP/1.1\r\nHost: wire\r\nX-Auth-Token: ' + target.token
    head += b'\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n'
    yield from answer_to(target, *(head % len(body) + body for body in bodies))
