# SPDX-License-Identifier: Apache-2.0
"""Waiting for events, each with a deadline."""

import time

POLL_SECONDS = 0.05


def wait_until(condition, seconds, otherwise):
    """What `condition` returns, once it is true, and the seconds that it took. `otherwise` makes the error's text."""
    began = time.monotonic()
    while True:
        found = condition()
        passed = time.monotonic() - began
        if found:
            return found, passed
        if passed > seconds:
            raise AssertionError(f'not within {seconds} s: {otherwise() if callable(otherwise) else otherwise}')
        time.sleep(POLL_SECONDS)
