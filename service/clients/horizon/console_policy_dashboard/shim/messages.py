# SPDX-License-Identifier: Apache-2.0
"""The errors of an opening, and their texts for the user."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon import exceptions

from console_policy_dashboard.shim import resolution

_NOTED = '_console_policy_error'

#: Why an opening ended, each with what the user can do.
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
BLOCKED = gettext_lazy(
    'The console of this instance has an address without encryption, which '
    'your browser does not open on an encrypted page. Please tell your '
    'administrator.')
#: The values of server.Instance.state.
STATES = {
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
    """No console opened, and the reason is known.

    Horizon's views treat it like any NotAvailable. The text is plain: a page
    must escape it.
    """

    #: The status of the REST view; 500 is Horizon's own.
    http_status = 500
    #: Whether another try may help.
    may_pass = True

    def __init__(self, title, reasons=()):
        super().__init__(' '.join([str(title)] + list(reasons)))
        self.title = str(title)
        self.reasons = list(reasons)


class ConsoleDenied(ConsoleUnavailable):
    """No console: policy denies it. Nova was not asked."""

    http_status = 403
    may_pass = False
    #: For horizon.exceptions.handle(): a decision is not an error to log.
    silence_logging = True


def reasons(denied):
    """One sentence for all types with the same denies.

    :param denied: dict, type to tuple of DeniedBy.
    """
    groups = {}
    for name in resolution.CONSOLE_TYPES:
        if name in denied:
            groups.setdefault(denied[name], []).append(name)
    return [_sentence(names, by) for by, names in groups.items()]


def denied(answer, console_type):
    """The ConsoleDenied of a Resolution that leaves nothing to try."""
    if console_type == resolution.AUTO:
        return ConsoleDenied(_('No console is allowed for this instance.'),
                             reasons(answer.denied))
    return ConsoleDenied(
        _('The %s console is not allowed for this instance.') % console_type,
        reasons({console_type: answer.denied[console_type]}))


def none_available(answer):
    """The ConsoleUnavailable if no type that policy leaves is there."""
    return ConsoleUnavailable(
        _('None of the consoles that are allowed for this instance is '
          'available. Please reload page to try again.'),
        reasons(answer.denied))


def note(request, error):
    """Keep an error for the page: Horizon's tab and serial page drop it."""
    setattr(request, _NOTED, error)
    return error


def noted(request):
    """The ConsoleUnavailable that this request met, or None."""
    return vars(request).get(_NOTED)


def _sentence(names, denied_by):
    if len(names) == len(resolution.CONSOLE_TYPES):
        what = _('All console types')
    else:
        what = ', '.join(names)
    causes = []
    for entry in denied_by:
        where = _where(entry.scope)
        causes.append((_('%(where)s: %(reason)s') % {
            'where': where, 'reason': entry.reason} if entry.reason
            else where).rstrip('.'))
    return '%s: %s.' % (what, '; '.join(causes))


def _where(scope):
    return {
        'cloud': _('Denied in this cloud'),
        'domain': _('Denied in this domain'),
        'project': _('Denied in this project'),
        'user': _('Denied for this user'),
        'instance': _('Denied for this instance'),
    }[scope]
