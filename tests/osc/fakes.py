# SPDX-License-Identifier: Apache-2.0
"""Fakes, for what no real service does on demand. Everything else in this folder is real."""

import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Fake:
    """An HTTP server on a free port of 127.0.0.1, in a thread; a context manager."""

    def __init__(self, answer):
        """`answer(method, path, query, headers, body)` gives (status, headers, bytes); None cuts the connection."""
        self.requests = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def log_message(self, *_):
                pass

            def serve(self):
                url = urllib.parse.urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
                fake.requests.append((self.command, self.path, dict(self.headers), body))
                query = dict(urllib.parse.parse_qsl(url.query))
                answered = answer(self.command, url.path, query, self.headers, body)
                if answered is None:
                    self.close_connection = True
                    return
                status, headers, content = answered
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header('Content-Length', str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_DELETE = serve

        self._server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self._server.daemon_threads = True
        self.url = f'http://127.0.0.1:{self._server.server_port}'

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class FakePolicyService(Fake):
    """Gives one answer to everything: what proxies give, or something else that is not the service."""

    def __init__(self, status, content, content_type='application/json', headers=()):
        super().__init__(lambda *_: (status, {'Content-Type': content_type, **dict(headers)}, content))


class FakeKeystone(Fake):
    """Keystone's and Nova's answers to one user's questions for names, and nothing else.

    The tokens that it gives are the static tokens of the real daemon, so that the daemon knows them.
    """

    def __init__(self, world):
        super().__init__(self._answer)
        self.endpoint = None  # where the policy service is; None: the catalog lacks it
        self.may_list = True
        self.hidden = ()  # ids whose lookup is refused
        self.failure = ()  # what a lookup of an id answers instead, if anything
        self._world = world

    def _answer(self, method, path, query, headers, body):
        kind, _, id_ = path.removeprefix('/v3/').partition('/')
        if path in ('/v3', '/v3/'):
            return _json({'version': {'id': 'v3.14', 'status': 'stable', 'links': [
                {'rel': 'self', 'href': self.url + '/v3/'}]}})
        if method == 'POST':
            return self._token(json.loads(body))
        if path == '/v3/auth/projects':
            return _json({'projects': [PROJECTS[0], PROJECTS[2]], 'links': {}})
        if kind in IDENTITY:
            id_ = urllib.parse.unquote(id_)
            if id_ and self.failure != ():
                return self.failure
            if not self.may_list or id_ in self.hidden:
                return _json({'error': {'code': 403, 'title': 'Forbidden', 'message': 'You are not authorized.'}}, 403)
            return _one_or_some(kind, IDENTITY[kind], id_, query)
        return self._nova(path, query)

    def _nova(self, path, query):
        if path in ('/v2.1', '/v2.1/'):
            return _json({'version': {'id': 'v2.1', 'status': 'CURRENT', 'version': '2.1', 'min_version': '2.1',
                                      'links': [{'rel': 'self', 'href': self.url + '/v2.1/'}]}})
        id_ = path.removeprefix('/v2.1/servers').strip('/').removeprefix('detail')
        everywhere = query.pop('all_tenants', query.pop('all_projects', None))
        if everywhere and not self.may_list:
            return _json({'forbidden': {'code': 403, 'message': 'Policy does not allow it'}}, 403)
        mine = [server for server in SERVERS if id_ or everywhere or server['tenant_id'] == 'project-a']
        return _one_or_some('servers', mine, id_, query)

    def _token(self, request):
        user = request['auth']['identity']['password']['user']['name']
        persona = self._world.PERSONAS[user]
        services = {'identity': self.url + '/v3', 'compute': self.url + '/v2.1'}
        if self.endpoint:
            services['console-policy'] = self.endpoint
        default = {'id': 'default', 'name': 'Default'}
        catalog = [{'type': type_, 'name': type_, 'id': type_, 'endpoints': [
            {'id': type_, 'interface': 'public', 'region': 'RegionOne', 'region_id': 'RegionOne', 'url': url}]}
            for type_, url in services.items()]
        token = {'methods': ['password'], 'expires_at': '2099-01-01T00:00:00.000000Z',
                 'issued_at': '2026-01-01T00:00:00.000000Z', 'audit_ids': ['x'], 'is_domain': False,
                 'user': {'id': persona.user_id, 'name': user, 'domain': default},
                 'project': {'id': persona.project_id, 'name': 'apollo', 'domain': default},
                 'roles': [{'id': role, 'name': role} for role in persona.roles], 'catalog': catalog}
        return _json({'token': token}, 201, {'X-Subject-Token': persona.token})


PROJECTS = [{'id': 'project-a', 'name': 'apollo', 'domain_id': 'default'},
            {'id': 'project-b', 'name': 'borealis', 'domain_id': 'default'},
            {'id': 'project-c', 'name': 'twin', 'domain_id': 'default'},
            {'id': 'project-d', 'name': 'twin', 'domain_id': 'acme-id'}]
IDENTITY = {'projects': PROJECTS,
            'users': [{'id': 'max', 'name': 'Max Member', 'domain_id': 'default'},
                      {'id': 'mona', 'name': 'mona', 'domain_id': 'default'}],
            'domains': [{'id': 'default', 'name': 'Default'}, {'id': 'acme-id', 'name': 'acme'}]}
SERVERS = [{'id': '11111111-1111-4111-8111-111111111111', 'name': 'web-1', 'tenant_id': 'project-a',
            'updated': '2026-11-25T10:00:00Z', 'hostId': 'abc', 'OS-EXT-STS:task_state': None},
           {'id': '33333333-3333-4333-8333-333333333333', 'name': 'web-10', 'tenant_id': 'project-a'},
           {'id': '22222222-2222-4222-8222-222222222222', 'name': 'db.1', 'tenant_id': 'project-b'}]


def _one_or_some(kind, things, id_, query):
    singular = kind.rstrip('s')
    if id_:
        found = [thing for thing in things if thing['id'] == id_]
        if found:
            return _json({singular: found[0]})
        return _json({'error': {'code': 404, 'title': 'Not Found', 'message': 'Could not find it.'}}, 404)
    query = {key: value.replace('\\', '') for key, value in query.items() if key in ('name', 'domain_id')}
    if kind == 'servers':  # Nova's name is a regular expression; a list without details has no project
        name = query.get('name', '')
        return _json({kind: [thing for thing in things if name in thing['name']], 'servers_links': []})
    return _json({kind: [thing for thing in things if all(thing.get(key) == value for key, value in query.items())],
                  'links': {}})


def _json(value, status=200, headers=()):
    return status, {'Content-Type': 'application/json', **dict(headers)}, json.dumps(value).encode()
