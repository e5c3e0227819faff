# SPDX-License-Identifier: Apache-2.0
"""The real `openstack` shell, as often as the tests want it.

Its imports take most of a second. So they are done once, here, and each command runs in a process forked from this one:
it finds the shell as freshly imported as `openstack` itself does. `program` is `openstack` itself, for a few tests.
"""

import logging
import os
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass

from openstackclient import shell

PROGRAM = '/usr/bin/openstack'


@dataclass(frozen=True)
class Outcome:
    status: int
    output: str
    errors: str


def run(arguments, environment=None, stdin=''):
    """What the shell does with these arguments."""
    with tempfile.TemporaryFile() as fed, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        fed.write(stdin.encode())
        fed.seek(0)
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            _be_the_shell(arguments, environment or {}, (fed, out, err))
        _, wait_status = os.waitpid(child, 0)
        return Outcome(os.waitstatus_to_exitcode(wait_status), _text(out), _text(err))


def program(arguments, environment=None):
    """What a new process of `openstack` does with these arguments."""
    done = subprocess.run([PROGRAM, *arguments], env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60, check=False)
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def _be_the_shell(arguments, environment, files):
    status = 70
    try:
        for number, file in enumerate(files):
            os.dup2(file.fileno(), number)
        sys.stdin = open(0, encoding='utf-8', closefd=False)  # multiprocessing has put another in its place
        os.environ.update(environment)
        status = shell.main(arguments)
    except SystemExit as exit_:
        status = exit_.code
    except BaseException:
        traceback.print_exc()
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 1)


def _text(file):
    file.seek(0)
    return file.read().decode()
