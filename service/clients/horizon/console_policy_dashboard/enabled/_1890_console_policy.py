# SPDX-License-Identifier: Apache-2.0
"""Switches the console-policy shim on in Horizon."""

# The name of the feature; Horizon reads this file because of it.
FEATURE = 'console_policy'

# Replaces the order in which Horizon tries console types when it starts.
ADD_INSTALLED_APPS = ['console_policy_dashboard']

# True keeps the files in place and leaves Horizon as it is without them.
DISABLED = False
