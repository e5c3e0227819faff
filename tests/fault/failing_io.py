# SPDX-License-Identifier: Apache-2.0
"""Failing input and output for the daemon under test: failing_io.c, compiled and steered."""

import mmap
import os
import pathlib
import struct
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
OPEN, READ, WRITE, SYNC, TRUNCATE = 1, 2, 4, 8, 16
OWN_FILE = 32  # with those kinds: only of the database itself, not of its write-ahead log and its index
EVERY_KIND = OPEN | READ | WRITE | SYNC | TRUNCATE
HANGS = 0
FIELDS = ('armed', 'left', 'persistent', 'error', 'kinds', 'counted', 'failed')


def slow_by(milliseconds):
    return -milliseconds


class FailingIo:
    """`environment` makes a daemon load it; nothing fails until fail() is called."""

    def __init__(self, folder):
        library = folder / 'failing_io.so'
        subprocess.run(['cc', '-shared', '-fPIC', '-O1', '-o', str(library), str(HERE / 'failing_io.c'), '-ldl'],
                       check=True)
        control = folder / 'failing_io.control'
        control.write_bytes(bytes(4 * len(FIELDS)))
        with open(control, 'r+b') as file:
            self.map = mmap.mmap(file.fileno(), 0)
        # A sanitizer's runtime would want to be the first library of all.
        options = ':'.join(filter(None, [os.environ.get('ASAN_OPTIONS'), 'verify_asan_link_order=0']))
        self.environment = {'LD_PRELOAD': str(library), 'FAILING_IO': str(control), 'ASAN_OPTIONS': options}

    def fail(self, error, after=1, persistent=False, kinds=EVERY_KIND):
        """The call number `after` from now on fails; with `persistent`, all that follow it too.

        With `error` HANGS it does not fail, but hangs until heal(); with slow_by() it only takes longer.
        """
        self.heal()
        self.map[:] = struct.pack('7i', 0, after, persistent, error, kinds, 0, 0)
        self.map[0:4] = struct.pack('i', 1)

    def heal(self):
        self.map[0:4] = struct.pack('i', 0)

    def failed(self):
        return struct.unpack('7i', self.map[:])[6]
