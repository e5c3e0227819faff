# SPDX-License-Identifier: Apache-2.0
"""The commands `openstack console policy …` and `… availability …`."""

__version__ = '0.1.0'
