# SPDX-License-Identifier: Apache-2.0
"""GET /metrics: what Prometheus' own client library makes of it."""

import http.client
import json
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import unittest

from prometheus_client.parser import text_string_to_metric_families

from world import INSTANCE, PERSONAS, PROJECT_A, Daemon

JSON = ('Content-Type', 'application/json')
ON_A_FREE_PORT = 'metrics: {listen: {port: 0}}\n'
NAME = re.compile(r'[a-z][a-z0-9_]*')


class Scraped(unittest.TestCase):

    def setUp(self):
        self.daemon = Daemon(ON_A_FREE_PORT)
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        line = self.daemon.logged('listening for metrics')
        self.host = line['url'].rpartition('/')[2]

    def get(self, path='/metrics', method='GET'):
        connection = http.client.HTTPConnection(self.host, timeout=20)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response, response.read().decode()
        finally:
            connection.close()

    def samples(self):
        """{(name, labels): value}, of a text that is well formed."""
        response, text = self.get()
        self.assertEqual(response.status, 200)
        self.assertEqual(response.headers['Content-Type'], 'text/plain; version=0.0.4; charset=utf-8')
        found = {}
        names = set()
        for family in text_string_to_metric_families(text):
            self.assertRegex(family.name, NAME)
            self.assertNotIn(family.name, names, 'a family is begun once')
            self.assertTrue(family.documentation)
            self.assertIn(family.type, {'counter', 'gauge', 'histogram'})
            names.add(family.name)
            for sample in family.samples:
                key = sample.name, tuple(sorted(sample.labels.items()))
                self.assertNotIn(key, found, 'a sample is there once')
                found[key] = sample.value
        return found

    def samples_after(self, requests):
        """Those of a moment when so many have been counted: each is, a little after its answer. The daemon was asked
        for its health before: that one is none of them."""
        deadline = time.monotonic() + 20
        while True:
            samples = self.samples()
            counted = sum(value for (name, labels), value in samples.items()
                          if name == 'console_policy_requests_total' and ('route', '/healthcheck') not in labels)
            if counted >= requests:
                return samples
            self.assertLess(time.monotonic(), deadline, counted)

    def value(self, name, **labels):
        return self.samples()[name, tuple(sorted(labels.items()))]

    def test_counts_what_happened(self):
        body = json.dumps({'report': {
            'instance_updated': '2026-11-23T10:00:00Z', 'host_id': 'ab', 'outcomes': [
                {'type': 'SPICE', 'outcome': 'unavailable'}, {'type': 'VNC', 'outcome': 'failed'}],
            'tally': {'openings': [{'type': 'VNC', 'outcome': 'opened', 'count': 7}],
                      'fallbacks': [{'reason': 'timeout', 'count': 3}]}}}).encode()
        at = f'/v1/projects/{PROJECT_A}/instances/{INSTANCE}'
        token = PERSONAS['member'].token
        for _ in range(2):
            answer = self.daemon.request('POST', at + '/outcomes', token, body, [JSON])
            self.assertEqual(answer.status, 204, answer)
        self.assertEqual(self.daemon.request('POST', at + '/outcomes', token, b'{', [JSON]).status, 400)
        fingerprint = '?instance_updated=2026-11-23T10:00:00Z&host_id=ab'
        for _ in range(3):
            self.assertEqual(self.daemon.request('GET', at + '/consoles' + fingerprint, token).status, 200)
        self.assertEqual(self.daemon.request('GET', '/v1/nothing').status, 404)

        samples = self.samples_after(7)

        def value(name, **labels):
            return samples[name, tuple(sorted(labels.items()))]

        opening = 'console_policy_openings_total'
        self.assertEqual(value(opening, type='SPICE', outcome='unavailable'), 2)
        self.assertEqual(value(opening, type='VNC', outcome='failed'), 2)
        self.assertEqual(value(opening, type='VNC', outcome='opened'), 14)
        self.assertEqual(value('console_policy_fallbacks_total', reason='timeout'), 6)
        self.assertEqual(value('console_policy_saved_tries_total'), 3)
        observations = 'console_policy_observations_total'
        self.assertEqual(value(observations, result='write'), 1)
        self.assertEqual(value(observations, result='unchanged'), 1)
        self.assertEqual(value(observations, result='failed'), 2)
        self.assertEqual(value('console_policy_reports_refused_total', reason='invalid'), 1)
        route = '/v1/projects/{project_id}/instances/{instance_id}/consoles'
        request = 'console_policy_requests_total'
        self.assertEqual(value(request, method='GET', route=route, status='2xx'), 3)
        self.assertEqual(value(request, method='none', route='none', status='4xx'), 1)
        self.assertEqual(value('console_policy_up', check='store'), 1)
        self.assertEqual(value('console_policy_request_duration_seconds_count', **{'class': 'resolution'}), 3)

    def wait_for(self, name, wanted):
        """Until the metric has the value."""
        deadline = time.monotonic() + 20
        while self.value(name) != wanted:
            self.assertLess(time.monotonic(), deadline, name)
            time.sleep(0.05)

    def test_the_store(self):
        self.wait_for('console_policy_store_loaded', 1)
        self.wait_for('console_policy_store_up', 1)
        admin = PERSONAS['admin'].token
        body = json.dumps({'policy': {'prefer': ['VNC']}}).encode()
        for project in (PROJECT_A, '0' * 31 + '1'):
            written = self.daemon.request('PUT', f'/v1/policies/projects/{project}', admin, body, [JSON])
            self.assertEqual(written.status, 201, written)
        self.assertEqual(self.value('console_policy_policies'), 2)
        self.assertEqual(self.value('console_policy_store_revision'), 2)
        self.assertEqual(self.daemon.request('DELETE', f'/v1/policies/projects/{PROJECT_A}', admin).status, 204)
        self.assertEqual(self.value('console_policy_policies'), 1)
        self.assertEqual(self.value('console_policy_store_revision'), 3)
        self.assertLess(self.value('console_policy_store_age_seconds'), 20)
        self.assertEqual(self.value('console_policy_store_reloads_total'), 0)

    def test_observations_in_memory_and_on_their_way_to_the_database(self):
        report = json.dumps({'report': {'instance_updated': '2026-11-23T10:00:00Z', 'host_id': 'ab', 'outcomes': [
            {'type': 'SPICE', 'outcome': 'unavailable'}]}}).encode()
        path = f'/v1/projects/{PROJECT_A}/instances/{INSTANCE}/outcomes'
        self.assertEqual(self.daemon.request('POST', path, PERSONAS['member'].token, report, [JSON]).status, 204)
        self.assertEqual(self.value('console_policy_observations_in_memory'), 1)
        self.wait_for('console_policy_pending_observations', 0)
        self.assertEqual(self.value('console_policy_dropped_observations_total'), 0)

    def test_a_histogram_adds_up(self):
        for _ in range(20):
            self.daemon.request('GET', '/v1')
        samples = self.samples_after(20)
        buckets = sorted((float(dict(labels)['le']), value) for (name, labels), value in samples.items()
                         if name == 'console_policy_request_duration_seconds_bucket'
                         and dict(labels)['class'] == 'read')
        counts = [count for _, count in buckets]
        self.assertEqual(counts, sorted(counts))
        self.assertEqual(buckets[-1][0], float('inf'))
        self.assertGreaterEqual(buckets[-1][1], 20)
        self.assertGreater(samples['console_policy_request_duration_seconds_sum', (('class', 'read'),)], 0)

    def test_what_a_caller_sends_is_no_label(self):
        before = len(self.samples())
        for path in ('/v1/projects/very-odd-project/consoles', '/odd', '/v1/policies?odd=odd'):
            self.daemon.request('GET', path, 'very-odd-token')
        samples = self.samples()
        self.assertEqual(len(samples), before)
        self.assertNotIn('odd', str(list(samples)))

    def test_nothing_else_is_there(self):
        self.assertEqual(self.get('/')[0].status, 404)
        self.assertEqual(self.get('/v1/policies')[0].status, 404)
        response, _ = self.get('/metrics', 'POST')
        self.assertEqual(response.status, 405)
        self.assertEqual(response.headers['Allow'], 'GET, HEAD')
        self.assertEqual(self.daemon.request('GET', '/metrics', PERSONAS['admin'].token).status, 404)

    def test_what_is_no_request_stands_in_the_log(self):
        host, _, port = self.host.rpartition(':')
        with socket.create_connection((host, int(port)), 20) as connection:
            connection.sendall(b'GET /metrics HTTP/1.1\r\nHost: a\r\nBad Name: b\r\n\r\n')
            self.assertIn(b' 400 ', connection.recv(65536).partition(b'\r\n')[0])
        line = self.daemon.logged('refused by the listener for metrics')
        self.assertEqual((line['level'], line['client']), ('info', '127.0.0.1'))
        self.assertTrue(line['detail'])


class TheListener(unittest.TestCase):

    def test_the_default_one_may_be_taken(self):
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                other.bind(('127.0.0.1', 9798))
                other.listen()
            except OSError:
                pass  # so another process has it
            with Daemon() as daemon:
                daemon.logged('no metrics: the default listener is taken')
                daemon.end()

    def test_one_that_is_named_has_to_be_had(self):
        with socket.socket() as other, tempfile.TemporaryDirectory() as folder:
            other.bind(('127.0.0.1', 0))
            other.listen()
            port = other.getsockname()[1]
            configuration = pathlib.Path(folder, 'c.yaml')
            configuration.write_text(f'data_dir: {folder}/data\nlisten: [{{port: 0}}]\n'
                                     f'metrics: {{listen: {{port: {port}}}}}\n', encoding='utf-8')
            ended = subprocess.run([Daemon().binary, '--config', str(configuration)], timeout=30,
                                   capture_output=True, text=True, check=False)
            self.assertEqual(ended.returncode, 1, ended)
            self.assertIn('metrics.listen: ', ended.stderr)

    def test_may_be_switched_off(self):
        with Daemon('metrics: {enabled: false}\n') as daemon:
            daemon.end()
            self.assertNotIn('metrics', daemon.log())


if __name__ == '__main__':
    unittest.main()
