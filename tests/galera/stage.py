# SPDX-License-Identifier: Apache-2.0
"""What the scenarios play on: three database nodes, three daemons, and a HAProxy in front of each three."""

import contextlib
import os
import ssl
import unittest

from cluster import Cluster, SqlError, run_sql
from daemons import READY_SECONDS, USER, WAIT_TIMEOUT_SECONDS, Credentials, Daemon
from load import Load
from ports import PortBlock
from proxies import api_proxy, controller_name, database_proxy, node_check
from waiting import wait_until

DATABASE = 'console_policy'
# Of unit tests, which stop a COMMIT and look for the connection of a transaction. A daemon needs no such rights.
TESTS_USER = 'console_policy_tests'
GRACE_SECONDS = 2  # for the client and the proxies, on a busy machine
CREATE_DATABASE = 'CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin'

# The node applies what the others have committed before it reads.
APPLY_FIRST = 'SET SESSION wsrep_sync_wait = 1; '


def long():
    return os.environ.get('CONSOLE_POLICY_GALERA') == 'long'


class Stage(contextlib.ExitStack):
    """A context manager: everything runs at the beginning, nothing at the end."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder
        self.ports = self.cluster = self.credentials = None
        self.database_proxy = self.daemons = None

    def __enter__(self):
        super().__enter__()
        try:
            self._set_up()
        except BaseException:
            self.close()
            raise
        return self

    def _set_up(self):
        self.ports = self.enter_context(PortBlock())
        self.cluster = self.enter_context(Cluster(self.folder, self.ports))
        for node in self.cluster.nodes:
            self.enter_context(node_check(self.ports, node))
        self.credentials = Credentials(self.folder)
        self._create_accounts()
        self.database_proxy = database_proxy(self.folder, self.ports, self.cluster.nodes)
        self.database_proxy.start()
        self.callback(self.database_proxy.kill)
        self.daemons = [self._controller(number) for number in (1, 2, 3)]
        for daemon in self.daemons:
            daemon.start()
            daemon.wait_until_healthy()
        self.enter_context(api_proxy(self.folder, self.ports, self.cluster.authority))

    def _controller(self, number):
        """The daemon of one controller, on ports that stay its own while it is dead."""
        certificate = self.cluster.authority.issue(f'daemon{number}', f'DNS:{controller_name(number)}')
        ports = self.ports
        return self.new_daemon(f'daemon{number}', tls=certificate, port=ports.api(number), tls_port=ports.tls(number),
                               metrics_port=ports.metrics(number))

    def _create_accounts(self):
        """For all databases whose names begin as the daemon's: tests make databases of their own."""
        root = self.cluster.nodes[0]
        root.sql(CREATE_DATABASE.format(name=DATABASE))
        for user in (USER, TESTS_USER):
            root.sql(f"CREATE USER {user}@'127.0.0.1' IDENTIFIED BY '{self.credentials.password}';"
                     f"GRANT ALL ON `{DATABASE}%`.* TO {user}@'127.0.0.1'")
        root.sql(f"GRANT PROCESS, RELOAD ON *.* TO {TESTS_USER}@'127.0.0.1'")

    def url(self, port=None, database=DATABASE, user=USER, authority=None):
        """Of the cluster's proxy by default. The server has to have a certificate of the authority."""
        query = f'?ssl_ca={authority.certificate}' if authority else ''
        return f'mysql://{user}@127.0.0.1:{port or self.ports.sql_proxy}/{database}{query}'

    def tls_url(self, **options):
        return self.url(authority=self.cluster.authority, **options)

    def new_daemon(self, name, url=None, **options):
        """Not started; killed at the end."""
        daemon = Daemon(self.folder / name, self.credentials, url or self.tls_url(), **options)
        self.callback(daemon.kill)
        return daemon

    def new_database(self, name):
        """An empty database; its name."""
        self.sql(CREATE_DATABASE.format(name=name))
        return name

    def sql(self, statement, database=''):
        """As root, on a node that is up."""
        return self.cluster.primary_nodes()[0].sql(statement, database)

    def sql_through_proxy(self, statement):
        """As the daemons reach the database. SqlError if they cannot."""
        return run_sql(['--host=127.0.0.1', f'--port={self.ports.sql_proxy}', f'--user={USER}',
                        f'--password={self.credentials.password}'], statement, DATABASE)

    def database_answers(self):
        with contextlib.suppress(SqlError):
            return bool(self.sql_through_proxy('SELECT revision FROM revision_counter'))
        return False

    def stored_revision(self):
        return int(self.sql(APPLY_FIRST + 'SELECT revision FROM revision_counter', DATABASE)[0])

    def load(self, **options):
        """Load on the three daemons, through their proxy."""
        context = ssl.create_default_context(cafile=self.cluster.authority.certificate)
        return Load((self.ports.api_proxy, context), self.credentials.token, **options)

    def heal(self):
        """Everything runs, and all daemons have what is stored."""
        self.cluster.heal()
        if not self.database_proxy.alive():
            self.database_proxy.start()
        wait_until(self.database_answers, READY_SECONDS, 'the proxy finds no database node')
        for daemon in self.daemons:
            if not daemon.alive():
                daemon.start()
        for daemon in self.daemons:
            daemon.wait_until_healthy()
        self.wait_until_same_revision()

    def wait_until_same_revision(self, seconds=READY_SECONDS):
        """The seconds until every daemon has the revision that is stored."""
        expected = self.stored_revision()
        return wait_until(lambda: all(daemon.revision() == expected for daemon in self.daemons), seconds,
                          lambda: f'{[daemon.revision() for daemon in self.daemons]}, stored is {expected}')[1]


class Scenario(unittest.TestCase):
    """A test on the stage, which `run` sets. Each begins with everything running."""

    stage = None
    maxDiff = None

    def setUp(self):
        self.stage.heal()
        self.daemons = self.stage.daemons

    def report(self, text):
        """A line with what was measured."""
        print(f'  measured: {self.id().rpartition(".")[2]}: {text}', flush=True)

    def assert_no_write_gave_up_early(self, load):
        """A write that was not acknowledged was answered 503, when its deadline had passed and not before."""
        self.assertEqual([each for each in load.writes() if each.status not in (200, 201, 503)], [])
        self.assertEqual([each for each in load.writes() if each.status == 503
                          and not WAIT_TIMEOUT_SECONDS - 1 < each.seconds < WAIT_TIMEOUT_SECONDS + GRACE_SECONDS], [])

    def assert_nothing_acknowledged_is_lost(self, load):
        """Each acknowledged write stands once in the log of changes, on every node; the log has no gap."""
        acknowledged = load.acknowledged()
        self.assertGreater(len(acknowledged), 20, 'there was hardly a write')
        for node in self.stage.cluster.nodes:
            stored = '\n'.join(node.sql(APPLY_FIRST + 'SELECT after_body FROM change_log', DATABASE))
            counts = {reason: stored.count(reason) for reason in acknowledged}
            self.assertEqual({reason: count for reason, count in counts.items() if count != 1}, {}, node.number)
            gap = node.sql('SELECT MAX(revision) - MIN(revision) + 1 - COUNT(*) FROM change_log', DATABASE)
            self.assertEqual(gap, ['0'], 'revisions without a change')
