# SPDX-License-Identifier: Apache-2.0
"""HTTP answers: values where they are what was asked for, else errors.

Between a client and the service stand proxies, and behind a wrong endpoint
stands anything. No answer may end in a traceback, or write control
characters to a terminal.
"""

import html
import http.client
import re

from osc_lib import exceptions

NOT_FOUND = 'console-policy.not_found'
_LONGEST_TEXT = 300
_REQUEST_ID = re.compile(r'req-[0-9A-Za-z-]{1,64}')


class ServiceError(exceptions.CommandError):
    """The service, or a proxy in front of it, did not do it.

    `code` is the service's own, None when something else answered; `details`
    has its text about each fault; `whence` the HTTP status
    and the request id, for people.
    """

    def __init__(self, message, status, code=None, request_id=None,
                 details=()):
        self.whence = '(HTTP %d)' % status
        if request_id:
            self.whence += ' (Request-ID: %s)' % request_id
        super().__init__('%s %s' % (message, self.whence))
        self.status = status
        self.code = code
        self.details = details


def plain(text):
    """Text from outside as one printable line, not too long."""
    text = ' '.join(str(text).split())
    text = ''.join(c if c.isprintable() else '?' for c in text)
    if len(text) > _LONGEST_TEXT:
        text = text[:_LONGEST_TEXT - 3] + '...'
    return text


def raise_for_status(response):
    """Return if `response` is a success, else raise a readable error.

    :raises ServiceError: always for a status that is not 2xx
    """
    status = response.status_code
    if 200 <= status < 300:
        return
    request_id = _request_id(response)
    errors = _service_errors(response)
    if errors:
        details = [plain(error['detail']) for error in errors]
        raise ServiceError(
            '%s: %s' % (plain(errors[0]['title']), details[0]),
            status, errors[0]['code'], request_id, details)
    said = _excerpt(response)
    raise ServiceError(
        '%s, and the answer is not one of console-policy%s' % (
            _reason(response), ': ' + said if said else ': it is empty'),
        status, None, request_id)


def value(response, name, is_one):
    """What a successful answer holds under `name`.

    :param is_one: returns whether a value is one that was asked for
    :raises ServiceError: there is none such
    """
    raise_for_status(response)
    body = _json(response)
    if isinstance(body, dict) and name in body and is_one(body[name]):
        return body[name]
    raise ServiceError(
        'The answer holds no %s as console-policy gives it: %s' % (
            name, _excerpt(response) or 'it is empty'),
        response.status_code, None, _request_id(response))


def _json(response):
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _service_errors(response):
    """The errors of the API's own form; none when it is another."""
    body = _json(response)
    errors = body.get('errors') if isinstance(body, dict) else None
    if not isinstance(errors, list):
        return []
    are_known = all(
        isinstance(error, dict) and all(
            isinstance(error.get(key), str) and error[key]
            for key in ('code', 'title', 'detail')) for error in errors)
    return errors if are_known else []


def _reason(response):
    known = http.client.responses.get(response.status_code)
    return known or plain(response.reason or '') or 'Unknown status'


def _request_id(response):
    text = response.headers.get('x-openstack-request-id', '')
    return text if _REQUEST_ID.fullmatch(text) else None


def _excerpt(response):
    """The text of a foreign answer, without its markup."""
    text = response.content[:65536].decode('utf-8', 'replace')
    if re.search(r'<(!doctype|html|head|body)\b', text, re.IGNORECASE):
        text = re.sub(r'(?is)<(script|style)\b.*?(</\1\s*>|\Z)', ' ', text)
        text = html.unescape(re.sub(r'<[^>]*>?', ' ', text))
    return plain(text)
