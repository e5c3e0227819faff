# SPDX-License-Identifier: Apache-2.0
"""Horizon opens consoles in the order that console-policy decides."""

__version__ = '1.0.0'
