# SPDX-License-Identifier: Apache-2.0
"""The declarative tests of tests/api, as the contract tests read them."""

import re

import yaml

from promise import ROOT

FOLDER = ROOT / 'tests' / 'api'
_SHORTCUT = re.compile(r'[A-Z]+$')


def requests():
    """(file name, test name, method, path without query, expected status) of every test.

    A path made from an earlier answer is not known beforehand; those tests are skipped.
    """
    for file in sorted(FOLDER.glob('*.yaml')):
        suite = yaml.safe_load(file.read_text(encoding='utf-8'))
        for test in suite['tests']:
            yield from _request(file.name, {**suite.get('defaults', {}), **test})


def _request(file_name, test):
    method, url = test.get('method', 'GET'), test.get('url', '')
    for key, value in test.items():
        if _SHORTCUT.match(key):
            method, url = key, value
    path = re.sub(r"\$ENVIRON\['[A-Z_]+'\]", 'x', url).partition('?')[0]
    if path.startswith('/') and '$' not in path:
        yield file_name, test['name'], method, path, str(test.get('status', '200'))
