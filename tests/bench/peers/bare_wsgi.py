# SPDX-License-Identifier: Apache-2.0
"""The bare answer of a Python WSGI application: the floor of any OpenStack API in Python."""

BODY = (b'{"resolution":{"consoles":["SPICE","VNC","SERIAL","MKS"],"denied":[],"revision":1234,'
        b'"filler":"xxxxxxxxxxxxxxx"}}')


def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'application/json'), ('Content-Length', str(len(BODY)))])
    return [BODY]
