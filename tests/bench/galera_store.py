# SPDX-License-Identifier: Apache-2.0
"""The Galera cluster of tests/galera, behind its HAProxy, for a daemon that is measured."""

import contextlib
import pathlib
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / 'galera'))

import cluster  # noqa: E402
import ports  # noqa: E402
import proxies  # noqa: E402

PASSWORD = 'measured'
START_SECONDS = 60
ACCOUNT = f'''
CREATE DATABASE console_policy CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE USER policy@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';
GRANT ALL ON console_policy.* TO policy@'127.0.0.1';
'''


class GaleraStore(contextlib.ExitStack):
    """Three nodes with an empty database; killed at the end. `url` and `password_file` are the daemon's."""

    def __init__(self, folder):
        super().__init__()
        self._folder = folder
        self._ports = self._cluster = None
        self.url = ''
        self.password_file = folder / 'password'

    def __enter__(self):
        super().__enter__()
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def _start(self):
        self._folder.mkdir()
        self.password_file.touch(mode=0o600)
        self.password_file.write_text(PASSWORD + '\n', 'ascii')
        self._ports = self.enter_context(ports.PortBlock())
        self._cluster = self.enter_context(cluster.Cluster(self._folder, self._ports))
        self._cluster.nodes[0].sql(ACCOUNT)
        for node in self._cluster.nodes:
            self.enter_context(proxies.node_check(self._ports, node))
        self.enter_context(proxies.database_proxy(self._folder, self._ports, self._cluster.nodes))
        self._wait_until_it_answers()
        self.url = f'mysql://policy@127.0.0.1:{self._ports.sql_proxy}/console_policy'

    @property
    def settings(self):
        return {'store': {'url': self.url, 'password_file': str(self.password_file)}}

    def stop_nodes(self):
        self._cluster.kill_all()

    def start_nodes(self):
        self._cluster.heal()
        self._wait_until_it_answers()

    def _wait_until_it_answers(self):
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                cluster.run_sql(['--host=127.0.0.1', f'--port={self._ports.sql_proxy}', '--user=policy', '--skip-ssl',
                                 f'--password={PASSWORD}'], 'SELECT 1')
                return
            except cluster.SqlError as error:
                if time.monotonic() > end:
                    raise RuntimeError(f'the cluster takes no session through its proxy: {error}') from error
                time.sleep(0.1)
