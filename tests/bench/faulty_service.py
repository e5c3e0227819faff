# SPDX-License-Identifier: Apache-2.0
"""Fakes for console_open: a service, and a name server, that do it wrong."""
import socket
import struct
import threading
import time


class Service:
    """A fake service, in the place of the real one, that answers wrongly."""

    ANSWERS = {'answers rubbish': b'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nrubbish',
               'answers 500': b'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n',
               'answers after 5 s': b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}', 'half-closes': b''}

    def __init__(self, port, how):
        self._how = how
        self._socket = socket.create_server(('127.0.0.1', port), reuse_port=False)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection:
            try:
                connection.settimeout(10)
                connection.recv(65536)
                if self._how == 'half-closes':
                    connection.shutdown(socket.SHUT_WR)
                    connection.recv(65536)
                if self._how == 'answers after 5 s':
                    time.sleep(5)
                connection.sendall(self.ANSWERS[self._how])
            except OSError:
                pass        # Horizon has hung up

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class Names:
    """A fake name server on an address of its own in 127.0.0.0/8: every name is 127.0.0.1, or fails, or hangs."""

    ADDRESS = '127.0.0.97'
    RIGHT, FAILS, SILENT = range(3)

    def __init__(self):
        self.how = self.RIGHT
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.ADDRESS, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            question, sender = self._socket.recvfrom(512)
            if self.how != self.SILENT:
                self._socket.sendto(self._answer(question), sender)

    def _answer(self, question):
        """RFC 1035: header, the question again, one record of type A."""
        end = question.index(b'\0', 12) + 5
        asked = question[12:end]
        is_a = struct.unpack('!H', asked[-4:-2])[0] == 1
        if self.how == self.FAILS:
            return question[:2] + struct.pack('!5H', 0x8182, 1, 0, 0, 0) + asked
        record = struct.pack('!3HIH', 0xc00c, 1, 1, 0, 4) + socket.inet_aton('127.0.0.1') if is_a else b''
        return question[:2] + struct.pack('!5H', 0x8180, 1, 1 if is_a else 0, 0, 0) + asked + record
