# SPDX-License-Identifier: Apache-2.0
"""Test cases that speak to a real daemon through the real shell."""

import json
import pathlib
import sys
import tempfile
import unittest
import urllib.parse

import shell

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'api'))

import world  # noqa: E402

INSTANCE = world.INSTANCE


class ShellCase(unittest.TestCase):
    """Commands, and what must come of them. Nothing may be on standard error that a test does not expect."""

    # Global options of each command.
    options = ()
    environment = {}

    # The words before the verb.
    noun = ('console', 'policy')

    def run_shell(self, line, *more, options=None, stdin=''):
        arguments = [*(self.options if options is None else options), *self.noun, *line.split(), *more]
        return shell.run(arguments, self.environment, stdin)

    def does(self, line, *more, **how):
        """The output of a command that succeeds silently."""
        outcome = self.run_shell(line, *more, **how)
        self.assertEqual((outcome.status, outcome.errors), (0, ''), outcome)
        return outcome.output

    def gives(self, line, *more, **how):
        """The value that a command prints as JSON."""
        return json.loads(self.does(line, *more, '--format', 'json', **how))

    def fails(self, line, *more, says, status=1, **how):
        """Its standard error, all of which `says` describes; its output is empty unless a test looks at it."""
        outcome = self.run_shell(line, *more, **how)
        self.assertEqual(outcome.status, status, outcome)
        self.assertRegex(outcome.errors, rf'\A{says}\n\Z')
        self.assertNotIn('Traceback', outcome.errors)
        return outcome


class DaemonCase(ShellCase):
    """With a daemon of its own for the class, and its admin's token."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.daemon = world.Daemon().__enter__()
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.options = cls.as_('admin')
        cls.folder = pathlib.Path(tempfile.mkdtemp())

    @classmethod
    def tearDownClass(cls):
        cls.daemon.end()
        super().tearDownClass()

    @classmethod
    def as_(cls, persona):
        """The global options of one of the daemon's people."""
        return ('--os-auth-type', 'admin_token', '--os-token', world.PERSONAS[persona].token,
                '--os-endpoint', f'http://{cls.daemon.host}:{cls.daemon.port}')

    def setUp(self):
        self.remove_everything()

    def remove_everything(self):
        token = world.PERSONAS['admin'].token
        listed = self.daemon.request('GET', '/v1/policies', token).json()['policies']
        for policy in listed:
            self.assertEqual(self.daemon.request('DELETE', '/v1/policies/' + path_of(policy), token).status, 204)

    def store(self, path, **policy):
        answer = self.daemon.request(
            'PUT', '/v1/policies/' + path, world.PERSONAS['admin'].token, json.dumps({'policy': policy}).encode(),
            [('Content-Type', 'application/json')])
        self.assertIn(answer.status, (200, 201), answer)

    def stored(self, path):
        """What is stored, as the API gives it; None if nothing is."""
        answer = self.daemon.request('GET', '/v1/policies/' + path, world.PERSONAS['admin'].token)
        return answer.json()['policy'] if answer.status == 200 else None

    def file(self, text):
        path = self.folder / 'policies.yaml'
        path.write_text(text, encoding='utf-8')
        return str(path)


def path_of(policy):
    scope = policy['scope']
    if scope == 'cloud':
        return 'cloud'
    if scope == 'instance':
        return f'projects/{policy["project_id"]}/instances/{policy["instance_id"]}'
    return f'{scope}s/{urllib.parse.quote(policy[scope + "_id"], safe="")}'
