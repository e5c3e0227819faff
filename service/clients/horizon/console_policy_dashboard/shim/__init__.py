# SPDX-License-Identifier: Apache-2.0
"""Decides the order of console types at each console open."""
