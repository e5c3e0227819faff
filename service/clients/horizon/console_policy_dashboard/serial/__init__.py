# SPDX-License-Identifier: Apache-2.0
"""A serial console page that works in a frame of Horizon."""
