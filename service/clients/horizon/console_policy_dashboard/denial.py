# SPDX-License-Identifier: Apache-2.0
"""What the user is told when policy leaves no console."""

from django.utils.translation import gettext as _

from horizon import exceptions

from console_policy_dashboard import decision as decisions
from console_policy_dashboard import resolution

_NOTED = '_console_policy_denial'


class ConsoleUnavailable(exceptions.NotAvailable):
    """No console, and policy has a part in it.

    Horizon's views treat it like any NotAvailable. The text is plain:
    whoever puts it on a page escapes it.
    """

    #: What the REST view answers; 500 is what Horizon's own answers.
    http_status = 500

    def __init__(self, title, reasons):
        super().__init__(' '.join([title] + reasons))
        self.title = title
        self.reasons = reasons


class ConsoleDenied(ConsoleUnavailable):
    """No console, because of policy alone; Nova was not asked."""

    http_status = 403
    #: For horizon.exceptions.handle(): a decision is not an error to log.
    silence_logging = True


def _where(scope):
    return {
        'cloud': _('Denied in this cloud'),
        'domain': _('Denied in this domain'),
        'project': _('Denied in this project'),
        'user': _('Denied for this user'),
        'instance': _('Denied for this instance'),
    }[scope]


def _line(names, denied_by):
    if len(names) == len(resolution.CONSOLE_TYPES):
        what = _('All console types')
    else:
        what = ', '.join(names)
    said = []
    for entry in denied_by:
        if entry.reason:
            said.append(_('%(where)s: %(reason)s') % {
                'where': _where(entry.scope), 'reason': entry.reason})
        else:
            said.append(_where(entry.scope))
    return '%s: %s.' % (what, '; '.join(s.rstrip('.') for s in said))


def reasons(denied):
    """One sentence for all types that are denied alike.

    :param denied: dict, type to tuple of DeniedBy.
    """
    groups = {}
    for name in resolution.CONSOLE_TYPES:
        if name in denied:
            groups.setdefault(denied[name], []).append(name)
    return [_line(names, by) for by, names in groups.items()]


def refuse(request, decision, console_type):
    """Raise ConsoleDenied: policy leaves nothing to try."""
    denied = decision.denied
    if console_type != decisions.AUTO:
        denied = {console_type: denied[console_type]}
        title = _('The %s console is not allowed for this '
                  'instance.') % console_type
    else:
        title = _('No console is allowed for this instance.')
    _raise_noted(request, ConsoleDenied(title, reasons(denied)))


def none_worked(request, decision):
    """Raise ConsoleUnavailable: what was left to try is not there."""
    _raise_noted(request, ConsoleUnavailable(
        _('None of the consoles that are allowed for this instance is '
          'available. Please reload page to try again.'),
        reasons(decision.denied)))


def _raise_noted(request, unavailable):
    # Horizon's tab and serial page swallow it; there it is picked up again.
    setattr(request, _NOTED, unavailable)
    raise unavailable


def noted(request):
    """The ConsoleUnavailable that this request met, or None."""
    return getattr(request, _NOTED, None)
