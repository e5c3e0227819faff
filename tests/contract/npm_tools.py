# SPDX-License-Identifier: Apache-2.0
"""The tools of npm/package.json, installed into build/npm once."""

import fcntl
import pathlib
import shutil
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ROOT / 'tests' / 'contract' / 'npm' / 'package.json'
FOLDER = ROOT / 'build' / 'npm'
INSTALL_SECONDS = 300


def tool(name):
    """The path of a tool. SkipTest where the npm registry cannot be reached."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / 'lock', 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed = FOLDER / 'installed.json'
        if not installed.exists() or installed.read_bytes() != PACKAGES.read_bytes():
            _install()
            shutil.copy(PACKAGES, installed)
    return str(FOLDER / 'node_modules' / '.bin' / name)


def _install():
    npm = shutil.which('npm')
    if npm is None:
        _skip('npm is not installed')
    ping = subprocess.run([npm, 'ping', '--fetch-retries=1', '--fetch-timeout=20000'], cwd=FOLDER, capture_output=True,
                          text=True, timeout=INSTALL_SECONDS, check=False)
    if ping.returncode != 0:
        _skip('the npm registry cannot be reached: ' + ' '.join(ping.stderr.split())[:200])
    shutil.copy(PACKAGES, FOLDER / 'package.json')
    # No package's own scripts: these tools need none.
    subprocess.run([npm, 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], cwd=FOLDER,
                   stdout=subprocess.DEVNULL, timeout=INSTALL_SECONDS, check=True)


def _skip(why):
    print(f'SKIPPED: tests with tools from npm: {why}', file=sys.stderr)
    raise unittest.SkipTest(why)
