# SPDX-License-Identifier: Apache-2.0
"""The console tab, with a word where there is no console."""

from console_policy_dashboard import denial
from console_policy_dashboard import handover

#: Shows the denial, and Horizon's own template in every other case.
TAB_TEMPLATE = 'console_policy_dashboard/_detail_console.html'


def with_denial(get_context_data):
    """Wrap ConsoleTab.get_context_data: add the denial it swallowed.

    A serial console that it opened is kept for the page that it frames.
    """
    def wrapped(self, request):
        context = get_context_data(self, request)
        if context.get('console_type') == 'SERIAL':
            handover.give(request, context['instance_id'])
        context['console_policy_denial'] = denial.noted(request)
        return context
    return wrapped
