# SPDX-License-Identifier: Apache-2.0
"""What holds for one opening: the types to try and the types denied."""

from typing import NamedTuple
from typing import Optional

AUTO = 'AUTO'


class Decision(NamedTuple):
    """The types to try and the types that are denied.

    :ivar order: None where Horizon's own order holds.
    :ivar denied: dict, type to tuple of DeniedBy.
    :ivar known_unavailable: the types that the service knows not to be there
        on this instance as it runs; None where it cannot learn.
    :ivar known_available: the types that it knows to open.
    """

    order: Optional[tuple]
    denied: dict
    known_unavailable: Optional[tuple] = None
    known_available: Optional[tuple] = None

    def candidates(self, console_type, offered):
        """The types to try, in order.

        :param console_type: AUTO, or the one type that was asked for.
        :param offered: the types this Horizon knows, in its own order.
        """
        if console_type != AUTO:
            order = (console_type,)
        elif self.order is None:
            order = offered
        else:
            order = self.order
        return [t for t in order if t in offered and t not in self.denied]

    def refuses(self, console_type, offered):
        """Whether it is the decision that leaves nothing to try."""
        if console_type != AUTO:
            return console_type in self.denied
        if self.order is not None:
            return not self.order
        return all(t in self.denied for t in offered)


HORIZONS_OWN = Decision(None, {})
