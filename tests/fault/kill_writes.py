#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon killed with SIGKILL in the middle of writes, again and again, on one database.

Puts, deletes, batches and outcomes at once. What an acknowledged write means: after the next start it
is there, byte for byte as it was sent; of a batch all is there or nothing; and the database is whole.
Needs CONSOLE_POLICYD, the path of the daemon's binary. Each round plans WRITES writes by WRITERS
concurrent clients and kills the daemon at a random moment among them.
KILL_WRITES_SEED repeats a run's random choices.
"""

import contextlib
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest
import uuid

import daemon as console_policyd

ROUNDS = 2 if console_policyd.quick() else 100 if console_policyd.long() else 10
WRITES = 1000
WRITERS = 8
# Scopes are fewer than writes, so that a round both creates and replaces.
INSTANCES_PER_WRITER = 60
START_SECONDS = 30
REQUEST_SECONDS = 10
ROUND_SECONDS = 60
PROJECT = "kill-writes"


def free_port():
    with contextlib.closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Daemon:
    """One life of the daemon, from its start to SIGKILL."""

    def __init__(self, binary, folder):
        self.port = free_port()
        self.log_path = folder / "daemon.log"
        # Nothing of the caller's own settings: no configuration file, the embedded defaults.
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "CONSOLE_POLICY_DATA_DIR": str(folder / "data"),
            "CONSOLE_POLICY_LISTEN": "127.0.0.1:%d" % self.port,
        }
        # Except the options of a sanitizer: its suppressions.
        environment.update((name, value) for name, value in os.environ.items() if name.endswith("SAN_OPTIONS"))
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [binary], env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = self.connect()
                try:
                    connection.request("GET", "/healthcheck")
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status == 200:
                        return
                finally:
                    connection.close()
            time.sleep(0.02)
        raise AssertionError("the daemon did not get ready:\n" + self.log_path.read_text()[-4000:])

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=REQUEST_SECONDS)

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Writer(threading.Thread):
    """One client that replaces the policies of its own instances until the daemon is gone.

    `known` maps an instance to the policies that it may have: the last one that was acknowledged,
    and, when the connection broke over a write, that one too.
    """

    def __init__(self, life, token, instances, known, countdown, seed):
        super().__init__()
        self.life = life
        self.token = token
        self.instances = instances
        self.known = known
        self.countdown = countdown
        self.random = random.Random(seed)
        self.acknowledged = 0
        self.unexpected = []
        self.in_doubt = []  # the write over which the daemon was killed

    def run(self):
        connection = self.life.connect()
        try:
            for _ in range(WRITES // WRITERS):
                if not self.write(connection, self.random.choice(self.instances)):
                    return
        finally:
            connection.close()

    def write(self, connection, instance):
        """A put, a delete, or a batch over two instances; sometimes also an outcome."""
        choice = self.random.random()
        if choice < 0.1 and not self.report(connection, instance):
            return False
        if choice < 0.6:
            return self.put(connection, {instance: self.some_policy()})
        if choice < 0.8:
            return self.put(connection, {instance: None})
        return self.put(connection, {each: self.some_policy() for each in self.random.sample(self.instances, 2)})

    def report(self, connection, instance):
        """An outcome: kept at once or not at all, and never in the way of what is acknowledged."""
        report = {"instance_updated": "2026-01-01T00:00:00Z", "host_id": "abc",
                  "outcomes": [{"type": "SPICE", "outcome": self.random.choice(["opened", "unavailable"])}]}
        path = "/v1/projects/%s/instances/%s/outcomes" % (PROJECT, instance)
        status, body = self.ask(connection, "POST", path, {"report": report})
        if status not in (None, 204, 429):
            self.unexpected.append("%d %s" % (status, body))
        return status is not None

    def some_policy(self):
        return {
            "prefer": self.random.sample(["VNC", "SPICE", "RDP", "SERIAL", "MKS"], 2),
            "reason": "it's \"%s\" ü" % uuid.UUID(int=self.random.getrandbits(128)),
        }

    def ask(self, connection, method, path, content):
        """Status and text; None when the daemon was killed over it."""
        headers = {"X-Auth-Token": self.token, "Content-Type": "application/json"}
        body = None if content is None else json.dumps(content)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            return None, ""

    def put(self, connection, policies):
        """One write of one policy or of several; a policy that is None is deleted."""
        if len(policies) == 1:
            ((instance, policy),) = policies.items()
            path = "/v1/policies/projects/%s/instances/%s" % (PROJECT, instance)
            wanted = (200, 201) if policy else (204, 404)
            content = {"policy": policy} if policy else None
            status, text = self.ask(connection, "PUT" if policy else "DELETE", path, content)
        else:
            operations = [
                {"action": "put", "target": {"scope": "instance", "project_id": PROJECT, "instance_id": instance},
                 "policy": policy}
                for instance, policy in policies.items()
            ]
            wanted = (200,)
            status, text = self.ask(connection, "POST", "/v1/policies/batch", {"operations": operations})
        if status is None:
            # Killed over this write: it may be there or not, but nothing else may, and no half of it.
            for instance, policy in policies.items():
                self.known[instance] = self.known.get(instance, [None]) + [policy]
            self.in_doubt.append(policies)
            return False
        if status not in wanted:
            self.unexpected.append("%d %s" % (status, text))
            return False
        for instance, policy in policies.items():
            self.known[instance] = [policy]
        if status != 404:
            self.acknowledged += len(policies)
            self.countdown.tick()
        return True


class Countdown:
    """Shows when a number of writes has been acknowledged."""

    def __init__(self, number):
        self.left = number
        self.lock = threading.Lock()
        self.reached = threading.Event()

    def tick(self):
        with self.lock:
            self.left -= 1
            if self.left <= 0:
                self.reached.set()


class KillWrites(unittest.TestCase):
    def setUp(self):
        binary = os.environ.get("CONSOLE_POLICYD")
        if not binary:
            self.fail("CONSOLE_POLICYD must name the daemon's binary")
        self.binary = str(pathlib.Path(binary).resolve())
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kill_writes."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "data").mkdir()
        seed = int(os.environ.get("KILL_WRITES_SEED") or random.SystemRandom().getrandbits(32))
        print("KILL_WRITES_SEED=%d" % seed, flush=True)
        self.random = random.Random(seed)
        # Ids are the same at every round, so that later rounds replace what earlier ones made.
        self.instances = [
            [str(uuid.UUID(int=self.random.getrandbits(128), version=4)) for _ in range(INSTANCES_PER_WRITER)]
            for _ in range(WRITERS)
        ]
        self.known = [{} for _ in range(WRITERS)]

    def start(self):
        daemon = Daemon(self.binary, self.folder)
        self.addCleanup(daemon.kill)
        daemon.wait_until_ready()
        return daemon

    def token(self):
        return (self.folder / "data" / "admin.token").read_text().strip()

    def database(self):
        found = list((self.folder / "data").glob("*.db"))
        self.assertEqual(1, len(found), "one database in the data folder: %s" % found)
        return found[0]

    def write_until_killed(self):
        daemon = self.start()
        token = self.token()
        countdown = Countdown(self.random.randrange(1, WRITES // 2))
        writers = [
            Writer(daemon, token, self.instances[i], self.known[i], countdown, self.random.random())
            for i in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        # A little after a write was acknowledged, while the others are in flight.
        countdown.reached.wait(timeout=ROUND_SECONDS)
        time.sleep(self.random.random() * 0.003)
        daemon.kill()
        for writer in writers:
            writer.join(timeout=ROUND_SECONDS)
            self.assertFalse(writer.is_alive(), "a writer hangs")
            self.assertEqual([], writer.unexpected)
        acknowledged = sum(writer.acknowledged for writer in writers)
        self.in_doubt = [policies for writer in writers for policies in writer.in_doubt]
        self.assertTrue(countdown.reached.is_set(), "only %d writes were acknowledged" % acknowledged)
        return acknowledged

    def check_database(self):
        """Beside the running daemon, which has opened the file as SIGKILL left it."""
        with contextlib.closing(sqlite3.connect(str(self.database()))) as connection:
            self.assertEqual([("ok",)], connection.execute("PRAGMA integrity_check").fetchall())
            rows, first, last = connection.execute(
                "SELECT count(*), min(revision), max(revision) FROM change_log"
            ).fetchone()
            (revision,) = connection.execute("SELECT revision FROM revision_counter").fetchone()
            self.assertEqual((1, revision, revision), (first, last, rows), "revisions have gaps")
            # Each policy is that of its own row in the change log.
            (odd,) = connection.execute(
                "SELECT count(*) FROM policy p LEFT JOIN change_log c ON c.revision = p.revision"
                " WHERE c.after_body IS NOT p.body OR c.instance_id IS NOT p.instance_id"
            ).fetchone()
            self.assertEqual(0, odd, "policies that differ from their change")
        return revision

    def check_acknowledged(self, daemon):
        connection = daemon.connect()
        self.addCleanup(connection.close)
        headers = {"X-Auth-Token": self.token()}
        checked = 0
        for known in self.known:
            for instance, allowed in known.items():
                connection.request(
                    "GET", "/v1/policies/projects/%s/instances/%s" % (PROJECT, instance), headers=headers
                )
                answer = connection.getresponse()
                body = answer.read()
                found = None
                if answer.status != 404:
                    self.assertEqual(200, answer.status, body)
                    policy = json.loads(body)["policy"]
                    self.assertEqual(([], [], None), (policy["deny"], policy["allow"], policy["expires_at"]))
                    found = {"prefer": policy["prefer"], "reason": policy["reason"]}
                self.assertIn(found, allowed, "instance %s" % instance)
                # From here on this is what must stay.
                known[instance] = [found]
                checked += 1
        for policies in self.in_doubt:
            there = {self.known_of(instance) == [policy] for instance, policy in policies.items()}
            self.assertEqual(1, len(there), "half of a batch is there")
        return checked

    def known_of(self, instance):
        return next(known[instance] for known in self.known if instance in known)

    def test_every_acknowledged_write_survives_sigkill(self):
        total = 0
        for number in range(1, ROUNDS + 1):
            with self.subTest(round=number):
                acknowledged = self.write_until_killed()
                daemon = self.start()
                checked = self.check_acknowledged(daemon)
                revision = self.check_database()
                daemon.kill()
                # Of both lives: a sanitizer that found something printed it before the end.
                self.assertNotRegex(daemon.log_path.read_text(), console_policyd.SANITIZER_REPORT)
                total += acknowledged
                # A write that was applied and not acknowledged is at most one a writer a round; a batch has two.
                self.assertGreaterEqual(revision, total)
                self.assertLessEqual(revision, total + number * WRITERS * 2)
                print(
                    "round %d: killed after %d acknowledged writes; revision %d, %d policies as they were"
                    % (number, acknowledged, revision, checked),
                    flush=True,
                )


if __name__ == "__main__":
    unittest.main(verbosity=2)
