# SPDX-License-Identifier: Apache-2.0
"""TLS to the database: with ssl_ca a daemon logs in only to a server that proves who it is."""

import os
import shutil
import subprocess
import unittest

from certificates import Authority
from cluster import SqlError, run_sql
from daemons import USER
from rogue_server import RogueServer
from stage import CREATE_DATABASE, Scenario
from waiting import wait_until


class SingleServer:
    """One MariaDB server without replication, whose certificate can be replaced."""

    def __init__(self, folder, port):
        self.folder, self.port = folder, port
        self._owner = ['--user=mysql'] if os.geteuid() == 0 else []
        self._process = None
        folder.mkdir()
        if self._owner:
            shutil.chown(folder, 'mysql')
        subprocess.run(['mariadb-install-db', '--no-defaults', *self._owner, f'--datadir={folder}/data',
                        '--skip-test-db', '--auth-root-authentication-method=normal'], check=True, capture_output=True)

    def start(self, certificate=None):
        """Without a certificate it offers no TLS."""
        self.stop()
        tls = ['--skip-ssl']
        if certificate:
            for source, name in ((certificate.certificate, 'pem'), (certificate.key, 'key')):
                shutil.copy(source, self.folder / f'server.{name}')
                (self.folder / f'server.{name}').chmod(0o644)
            tls = [f'--ssl-cert={self.folder}/server.pem', f'--ssl-key={self.folder}/server.key']
        self._process = subprocess.Popen(
            ['/usr/sbin/mariadbd', '--no-defaults', *self._owner, f'--datadir={self.folder}/data',
             f'--socket={self.folder}/socket', f'--port={self.port}', '--bind-address=127.0.0.1',
             '--skip-name-resolve', f'--log-error={self.folder}/error.log', '--innodb-buffer-pool-size=32M', *tls],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers, 60, lambda: (self.folder / 'error.log').read_text()[-3000:])

    def _answers(self):
        try:
            return self.sql('SELECT 1')
        except SqlError:
            return False

    def sql(self, statement):
        return run_sql([f'--socket={self.folder}/socket', '--user=root'], statement)

    def stop(self):
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)


class DatabaseTls(Scenario):

    @classmethod
    def setUpClass(cls):
        folder = cls.stage.folder / 'tls'
        folder.mkdir()
        cls.authority, cls.other = Authority(folder / 'authority'), Authority(folder / 'other')
        cls.server = SingleServer(folder / 'server', cls.stage.ports.other_database)
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()
        cls.server.sql(CREATE_DATABASE.format(name='console_policy') +
                       f"; CREATE USER {USER}@'127.0.0.1' IDENTIFIED BY '{cls.stage.credentials.password}'"
                       f"; GRANT ALL ON console_policy.* TO {USER}@'127.0.0.1'")

    def setUp(self):
        """The cluster takes part in one of the tests only: nothing to heal."""

    def daemon(self, port, authority=None):
        url = self.stage.url(port, authority=authority or self.authority)
        daemon = self.stage.new_daemon(f'tls-{self.id().rpartition(".")[2]}', url=url, wait_timeout=2)
        self.addCleanup(daemon.kill)
        daemon.launch()
        return daemon

    def assert_refuses(self, daemon, reason):
        """The daemon waits for a database that it may trust, and logs why it refuses this one."""
        line = daemon.wait_for_log(reason)
        self.assertNotIn(self.stage.credentials.password, daemon.log())
        status, text = wait_until(lambda: daemon.health()[0] and daemon.health(), 30, daemon.log)[0]
        self.assertEqual(status, 503, text)
        self.report(line[:300])

    def assert_server_refused(self, reason, authority=None):
        daemon = self.daemon(self.server.port, authority)
        self.assert_refuses(daemon, reason)
        self.assertEqual(self.server.sql("SELECT TABLE_NAME FROM information_schema.TABLES "
                                         "WHERE TABLE_SCHEMA = 'console_policy'"), [])

    def test_a_server_without_tls_is_refused(self):
        self.server.start()
        self.assert_server_refused('TLS|SSL')

    def test_a_certificate_of_another_authority_is_refused(self):
        self.server.start(self.authority.issue('server'))
        self.assert_server_refused('certificate|TLS|SSL', self.other)

    def test_a_certificate_for_another_host_is_refused(self):
        self.server.start(self.authority.issue('elsewhere', 'DNS:elsewhere.example.org'))
        self.assert_server_refused('certificate|TLS|SSL')

    def test_an_expired_certificate_is_refused(self):
        self.server.start(self.authority.issue('expired', days=-1))
        self.assert_server_refused('certificate|TLS|SSL')

    def test_the_cluster_is_reached_by_an_account_that_requires_tls(self):
        """As in examples/galera: through the proxy, whose address the nodes' certificate names."""
        name = self.stage.new_database('console_policy_tls')
        user = 'console_policy_tls'
        self.stage.sql(f"CREATE USER {user}@'127.0.0.1' IDENTIFIED BY '{self.stage.credentials.password}' REQUIRE SSL;"
                       f"GRANT ALL ON {name}.* TO {user}@'127.0.0.1'")
        daemon = self.stage.new_daemon('tls-good', url=self.stage.tls_url(database=name, user=user))
        self.addCleanup(daemon.kill)
        daemon.start()
        daemon.wait_until_healthy()
        self.assertEqual(daemon.put('projects/tls', deny=['SPICE'], reason='stored over TLS').status, 201)
        self.assertNotIn('SPICE', daemon.consoles('tls'))
        plain = self.stage.new_daemon('tls-plain', url=self.stage.url(database=name, user=user), wait_timeout=2)
        self.addCleanup(plain.kill)
        plain.launch()
        plain.wait_for_log('Access denied|1045')

    def test_the_fake_gets_the_password_from_a_client_that_takes_no_care(self):
        """So the tests below do not pass for want of a working fake."""
        server = self.rogue(self.other.issue('careless'))
        with self.assertRaises(SqlError):
            run_sql(['--host=127.0.0.1', '--protocol=tcp', f'--port={server.port}', f'--user={USER}',
                     '--password=in-clear'], 'SELECT 1')
        self.assertTrue(server.has_seen(USER))
        self.assertTrue(server.has_seen('in-clear'), server.received)

    def rogue(self, certificate=None):
        return self.enterContext(RogueServer(certificate))

    def assert_learns_nothing(self, server, daemon):
        wait_until(lambda: server.connections > 1, 30, daemon.log)  # it has tried again, too
        for secret in (USER, self.stage.credentials.password):
            self.assertFalse(server.has_seen(secret), server.received)

    def test_a_rogue_server_without_tls_gets_neither_user_nor_password(self):
        server = self.rogue()
        daemon = self.daemon(server.port)
        self.assert_refuses(daemon, 'TLS|SSL')
        self.assert_learns_nothing(server, daemon)

    def test_a_rogue_server_with_its_own_certificate_gets_neither_user_nor_password(self):
        server = self.rogue(self.other.issue('rogue'))
        daemon = self.daemon(server.port)
        self.assert_refuses(daemon, 'certificate|TLS|SSL')
        self.assert_learns_nothing(server, daemon)

    def test_a_rogue_server_with_another_name_gets_neither_user_nor_password(self):
        server = self.rogue(self.authority.issue('other-host', 'DNS:elsewhere.example.org'))
        daemon = self.daemon(server.port)
        self.assert_refuses(daemon, 'certificate|TLS|SSL')
        self.assert_learns_nothing(server, daemon)

    def test_no_server_gets_the_password_in_clear(self):
        """Not even one with a good certificate: a stolen database server learns no password."""
        server = self.rogue(self.authority.issue('good'))
        daemon = self.daemon(server.port)
        wait_until(lambda: server.has_seen(USER), 30, daemon.log)
        wait_until(lambda: server.connections > 1, 30, daemon.log)
        self.assertFalse(server.has_seen(self.stage.credentials.password))


class WithoutTls(Scenario):
    """A URL without ssl_ca is for loopback; even there the password is never sent in clear."""

    def setUp(self):
        """Nothing to heal: the cluster takes no part."""

    def test_a_rogue_server_does_not_get_the_password(self):
        server = self.enterContext(RogueServer())
        daemon = self.stage.new_daemon('without-tls', url=self.stage.url(port=server.port), wait_timeout=2)
        self.addCleanup(daemon.kill)
        daemon.launch()
        wait_until(lambda: server.connections > 1, 30, daemon.log)
        self.assertFalse(server.has_seen(self.stage.credentials.password), server.received)


if __name__ == '__main__':
    unittest.main()
