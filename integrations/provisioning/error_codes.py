"""The error catalogue: Webex's codes in our words (contract 20).

A code that is not here is shown in Webex's own text, with the tracking id; add it when Cisco has
said what it means.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: dict[int, tuple[str | Promise, str | Promise]] = {  # what is wrong, what to do
    1001: (
        _("A value is missing: %(field)s."),
        _("Fill it in and try again."),
    ),
    1002: (
        _("A value is too long or too short: %(field)s."),
        _("Correct it and try again."),
    ),
    10022: (
        _("This BroadWorks user is already connected to a Webex account."),
        _("Search for the BroadWorks user ID to see where, and remove that connection first."),
    ),
    6003: (
        _("Webex could not reach your BroadWorks cluster."),
        _("Check the cluster in Partner Hub, then start the synchronisation again."),
    ),
    2024: (
        _("There is no report for this month yet."),
        _("Ask for it again later."),
    ),
}
