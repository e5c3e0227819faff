# SPDX-License-Identifier: Apache-2.0
"""What the user is told when there is no console."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon import exceptions

from console_policy_dashboard import decision as decisions
from console_policy_dashboard import resolution

_NOTED = '_console_policy_denial'

#: What ended an opening, each with what the user can do about it.
TIMED_OUT = gettext_lazy(
    'The host of this instance did not answer in time. The instance itself '
    'may still be running. Please try again in a minute, and tell your '
    'administrator if it stays so.')
HOST_DOWN = gettext_lazy(
    'The host of this instance did not answer a moment ago, so it was not '
    'asked again. The instance itself may still be running. Please try again '
    'in a minute, and tell your administrator if it stays so.')
UNREACHABLE = gettext_lazy(
    'The compute service cannot be reached. Please try again in a minute.')
BUSY = gettext_lazy(
    'The compute service takes no more requests at the moment. Please try '
    'again in a minute.')
FORBIDDEN = gettext_lazy(
    'The compute service does not allow you to open a console of this '
    'instance.')
NOT_FOUND = gettext_lazy(
    'The compute service does not find this instance. It may have been '
    'deleted.')
CONFLICT = gettext_lazy(
    'The instance is not ready for a console. Please try again when it is '
    'running.')
#: The names of instance.Obstacle.
OBSTACLES = {
    'migrating': gettext_lazy(
        'The instance is being migrated to another host. Please try again '
        'when that is over.'),
    'resizing': gettext_lazy(
        'The instance is being resized or migrated. Please try again when '
        'that is over.'),
    'shelving': gettext_lazy(
        'The instance is being shelved. It has a console again when it is '
        'unshelved.'),
    'shelved': gettext_lazy(
        'The instance is shelved. It has a console again when it is '
        'unshelved.'),
    'unshelving': gettext_lazy(
        'The instance is being unshelved. Please try again when that is '
        'over.'),
    'deleting': gettext_lazy('The instance is being deleted.'),
    'deleted': gettext_lazy('The instance is deleted.'),
    'building': gettext_lazy(
        'The instance is being built. Please try again when it is running.'),
    'error': gettext_lazy(
        'The instance is in an error state and has no console. Its fault is '
        'on the Overview tab.'),
}


class ConsoleUnavailable(exceptions.NotAvailable):
    """No console, and there is something to say about it.

    Horizon's views treat it like any NotAvailable. The text is plain:
    whoever puts it on a page escapes it.
    """

    #: What the REST view answers; 500 is what Horizon's own answers.
    http_status = 500
    #: Whether trying again may help.
    may_pass = True

    def __init__(self, title, reasons):
        super().__init__(' '.join([title] + reasons))
        self.title = title
        self.reasons = reasons


class ConsoleDenied(ConsoleUnavailable):
    """No console, because of policy alone; Nova was not asked."""

    http_status = 403
    may_pass = False
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


def tell(request, title):
    """Raise ConsoleUnavailable with one of the texts above."""
    _raise_noted(request, ConsoleUnavailable(str(title), []))


def _raise_noted(request, unavailable):
    # Horizon's tab and serial page swallow it; there it is picked up again.
    setattr(request, _NOTED, unavailable)
    raise unavailable


def noted(request):
    """The ConsoleUnavailable that this request met, or None."""
    return vars(request).get(_NOTED)
