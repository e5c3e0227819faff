#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A MariaDB Galera cluster of three nodes, as plain processes on loopback.

usage: cluster.py up FOLDER     starts the cluster, prints its ports, and leaves it running
       cluster.py down FOLDER   kills it
Needs Debian's mariadb-server, galera-4 and rsync. As root, the nodes run as the user mysql.
"""

import concurrent.futures
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from certificates import Authority
from ports import PortBlock
from waiting import wait_until

START_SECONDS = 60
# Galera's default evs timeouts stay: the survivors of a killed node stand still for about 6 s, as an operator's would.
# rsync copies a new node in about 1 s; mariadb-backup takes 10 s more and is no part of what is tested here.
CONFIGURATION = '''
[mysqld]
datadir={folder}/data
tmpdir={folder}/tmp
socket={folder}/socket
pid-file={folder}/pid
log-error={folder}/error.log
bind-address=127.0.0.1
port={port}
skip-name-resolve
character-set-server=utf8mb4
innodb_buffer_pool_size=64M
innodb_log_file_size=32M
innodb_flush_log_at_trx_commit=1
performance_schema=OFF
max_connections=300
ssl_cert={certificate}
ssl_key={key}
binlog_format=ROW
default-storage-engine=InnoDB
innodb_autoinc_lock_mode=2
wsrep_on=ON
wsrep_provider=/usr/lib/galera/libgalera_smm.so
wsrep_cluster_name=console_policy_test
wsrep_cluster_address=gcomm://{peers}
wsrep_node_name=node{number}
wsrep_node_address=127.0.0.1:{group_port}
wsrep_node_incoming_address=127.0.0.1:{port}
wsrep_sst_method=rsync
wsrep_sst_receive_address=127.0.0.1:{sst_port}
wsrep_provider_options="base_host=127.0.0.1;base_port={group_port};gmcast.listen_addr=tcp://127.0.0.1:{group_port}\
;ist.recv_addr=127.0.0.1:{ist_port};ist.recv_bind=127.0.0.1:{ist_port};gcache.size=64M"
[sst]
ssl-mode=DISABLED
'''
STATUS = ("SELECT GROUP_CONCAT(VARIABLE_VALUE ORDER BY VARIABLE_NAME) FROM information_schema.GLOBAL_STATUS "
          "WHERE VARIABLE_NAME IN ('WSREP_CLUSTER_STATUS', 'WSREP_LOCAL_STATE_COMMENT', 'WSREP_READY')")
SIZE = "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'WSREP_CLUSTER_SIZE'"


class SqlError(Exception):
    """A statement that failed: the message of mariadb(1)."""


def run_sql(options, statement, database=''):
    """The rows that mariadb(1) prints, one line each."""
    done = subprocess.run(['mariadb', '--no-defaults', '--connect-timeout=2', *options, '--skip-column-names',
                           '--batch', '--raw', database], input=statement, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise SqlError(done.stderr.strip())
    return done.stdout.splitlines()


class Node:
    """One MariaDB server. Its data stays when it is stopped or killed."""

    def __init__(self, number, folder, ports, certificate):
        self.number = number
        self.folder = folder / f'node{number}'
        self.port = ports.sql(number)
        self._ports = ports
        self._certificate = certificate
        self._process = None
        self._owner = ['--user=mysql'] if os.geteuid() == 0 else []

    def prepare(self, system_tables):
        """Writes the configuration; with `system_tables` also a new database, which other nodes copy later."""
        for name in ('data', 'tmp'):
            (self.folder / name).mkdir(parents=True)
        number, ports = self.number, self._ports
        peers = ','.join(f'127.0.0.1:{ports.group(each)}' for each in (1, 2, 3))
        self._options.write_text(CONFIGURATION.format(
            folder=self.folder, number=number, port=self.port, peers=peers, group_port=ports.group(number),
            ist_port=ports.ist(number), sst_port=ports.sst(number), certificate=self._certificate.certificate,
            key=self._certificate.key), encoding='utf-8')
        if self._owner:
            subprocess.run(['chown', '-R', 'mysql', str(self.folder)], check=True)
        if system_tables:
            subprocess.run(['mariadb-install-db', f'--defaults-file={self._options}', *self._owner, '--skip-test-db',
                            '--auth-root-authentication-method=normal'], check=True, capture_output=True)

    @property
    def _options(self):
        return self.folder / 'my.cnf'

    def start(self, *options):
        with open(self.folder / 'output', 'ab') as output:
            self._process = subprocess.Popen(
                ['/usr/sbin/mariadbd', f'--defaults-file={self._options}', *self._owner, *options],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def wait_until_synced(self):
        def synced():
            if self._process.poll() is not None:
                raise AssertionError(f'node {self.number} ended with {self._process.returncode}:\n{self.log()}')
            return self.state() == 'Primary,Synced,ON'
        wait_until(synced, START_SECONDS, lambda: f'node {self.number} is not synced:\n{self.log()}')

    def alive(self):
        return self._process is not None and self._process.poll() is None

    def signal(self, number):
        self._process.send_signal(number)

    def kill(self):
        self._end(signal.SIGKILL)

    def stop(self):
        self._end(signal.SIGTERM)

    def _end(self, number):
        if self.alive():
            self.signal(number)
            self._process.wait(60)

    def isolate(self, isolated=True):
        """Cuts the node off from the others, or lets it back; the process stays."""
        self.sql(f"SET GLOBAL wsrep_provider_options = 'gmcast.isolate={int(isolated)}'")

    def sql(self, statement, database=''):
        """As root, through the socket."""
        return run_sql([f'--socket={self.folder}/socket', '--user=root'], statement, database)

    def state(self):
        """'Primary,Synced,ON' for a node that takes writes; '' for one that does not answer."""
        try:
            return self.sql(STATUS)[0]
        except (SqlError, IndexError):
            return ''

    def cluster_size(self):
        return int(self.sql(SIZE)[0])

    def sessions_of(self, user):
        try:
            rows = self.sql(f"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = '{user}'")
            return int(rows[0])
        except SqlError:
            return 0

    def recovered_position(self):
        """The last transaction of a stopped node, as UUID:number. Without it a restart copies all data."""
        done = subprocess.run(['/usr/sbin/mariadbd', f'--defaults-file={self._options}', *self._owner,
                               '--wsrep-recover', '--disable-log-error'], capture_output=True, text=True, timeout=60)
        return re.findall(r'WSREP: Recovered position:? *(\S+)', done.stdout + done.stderr)[-1]

    def allow_bootstrap(self):
        state = self.folder / 'data' / 'grastate.dat'
        state.write_text(state.read_text().replace('safe_to_bootstrap: 0', 'safe_to_bootstrap: 1'))

    def log(self):
        """The end of the error log."""
        log = self.folder / 'error.log'
        return log.read_text(errors='replace')[-3000:] if log.exists() else ''


class Cluster:
    """Three nodes in a folder. A context manager: up at the beginning, killed at the end."""

    def __init__(self, folder, ports):
        self.folder = folder
        self.authority = Authority(folder / 'certificates')
        certificate = self.authority.issue('nodes')
        if os.geteuid() == 0:
            folder.chmod(0o755)  # mysql has to get through
            subprocess.run(['chown', '-R', 'mysql', str(self.authority.folder)], check=True)
        self.nodes = [Node(number, folder, ports, certificate) for number in (1, 2, 3)]

    def __enter__(self):
        try:
            self._start_first_time()
        except BaseException:
            self.kill_all()
            raise
        return self

    def __exit__(self, *_):
        self.kill_all()

    def _start_first_time(self):
        first, *others = self.nodes
        first.prepare(system_tables=True)
        first.start('--wsrep-new-cluster')
        first.wait_until_synced()
        for node in others:
            node.prepare(system_tables=False)
            node.start()
        for node in others:
            node.wait_until_synced()

    def kill_all(self):
        for node in self.nodes:
            node.kill()

    def primary_nodes(self):
        return [node for node in self.nodes if node.alive() and node.state().startswith('Primary,')]

    def busiest_node(self, user):
        """The node that has the most sessions of a database user."""
        return max(self.nodes, key=lambda node: node.sessions_of(user))

    def rejoin(self, node):
        """Restarts a killed node after the other nodes have evicted it. An earlier restart would take longer."""
        wait_until(lambda: all(each.cluster_size() == len(self.primary_nodes()) for each in self.primary_nodes()),
                   START_SECONDS, lambda: f'the survivors still count node {node.number}')
        node.start(f'--wsrep-start-position={node.recovered_position()}')
        node.wait_until_synced()

    def bootstrap(self):
        """After a total stop: starts the node that has the most."""
        with concurrent.futures.ThreadPoolExecutor(3) as threads:
            positions = list(threads.map(Node.recovered_position, self.nodes))
        numbers = [int(position.rpartition(':')[2].partition(',')[0]) for position in positions]
        newest = numbers.index(max(numbers))
        self.nodes[newest].allow_bootstrap()
        self.nodes[newest].start('--wsrep-new-cluster', f'--wsrep-start-position={positions[newest]}')
        self.nodes[newest].wait_until_synced()

    def is_complete(self):
        """No node is missing, and none believes so wrongly because it was stopped for a time."""
        return all(node.state() == 'Primary,Synced,ON' and node.cluster_size() == len(self.nodes)
                   for node in self.nodes)

    def heal(self):
        """Three synced nodes, whatever a test has left behind."""
        for node in self.nodes:
            if node.alive() and not node.state().startswith('Primary,'):
                node.isolate(False)
        if not any(node.alive() for node in self.nodes):
            self.bootstrap()
        with concurrent.futures.ThreadPoolExecutor(2) as threads:
            list(threads.map(self.rejoin, [node for node in self.nodes if not node.alive()]))
        wait_until(self.is_complete, START_SECONDS, lambda: [(node.state(), node.log()) for node in self.nodes])


def bring_up(folder):
    folder.mkdir(parents=True)
    with PortBlock() as ports:
        cluster = Cluster(folder, ports)
    began = time.monotonic()
    cluster.__enter__()
    print(f'{time.monotonic() - began:.1f} s; ports', *[node.port for node in cluster.nodes],
          f'sockets {folder}/node[123]/socket, user root')


def bring_down(folder):
    for file in folder.glob('node?/pid'):
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(file.read_text()), signal.SIGKILL)


if __name__ == '__main__':
    if len(sys.argv) != 3 or sys.argv[1] not in ('up', 'down'):
        sys.exit(__doc__)
    (bring_up if sys.argv[1] == 'up' else bring_down)(pathlib.Path(sys.argv[2]).resolve())
