"""Webex scopes: the ones odin needs at least, and all we know of them in plain words."""

import difflib
import re
from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 section 3.3
MINIMUM = (  # odin's setup guide (contract 10)
    "spark-admin:broadworks_subscribers_write",
    "spark-admin:broadworks_subscribers_read",
    "spark-admin:broadworks_enterprises_write",
    "spark-admin:broadworks_enterprises_read",
    "spark-admin:people_write",
    "spark-admin:people_read",
    "spark:organizations_read",
    "spark:people_write",
    "spark:people_read",
)
# The developer portal adds it to every URL; grants may come back without it.
UNIMPORTANT = frozenset({"spark:kms"})
REVOCATION = frozenset({"identity:tokens_read", "identity:tokens_write"})

WORDS: dict[str, str | Promise] = {
    "spark-admin:broadworks_subscribers_write": _("Provision and change BroadWorks subscribers"),
    "spark-admin:broadworks_subscribers_read": _("See BroadWorks subscribers"),
    "spark-admin:broadworks_enterprises_write": _("Change BroadWorks enterprises"),
    "spark-admin:broadworks_enterprises_read": _("See BroadWorks enterprises"),
    "spark-admin:people_write": _("Add and change people of the organisation"),
    "spark-admin:people_read": _("See everybody in the organisation"),
    "spark-admin:broadworks_billing_reports_read": _("See monthly billing reports"),
    "spark-admin:broadworks_billing_reports_write": _("Ask for billing reports and delete them"),
    "spark-admin:organizations_read": _("See details of the organisations you manage"),
    "spark:organizations_read": _("See the organisations you belong to"),
    "spark:people_write": _("Change your own profile"),
    "spark:people_read": _("See your profile and the company directory"),
    "spark:kms": _("Exchange keys for encrypted content"),
    "identity:tokens_read": _("See which applications are connected to Webex accounts"),
    "identity:tokens_write": _("Disconnect applications from Webex accounts"),
}


def in_words(scope: str) -> str:
    return str(WORDS.get(scope, scope))


def nearest(scope: str) -> str | None:
    """The scope that was probably meant, where this one is none we know but looks like one."""
    if scope in WORDS:
        return None
    return next(iter(difflib.get_close_matches(scope, WORDS, n=1, cutoff=0.9)), None)


def missing(wanted: Iterable[str], granted: Iterable[str]) -> list[str]:
    """Compared as sets: Webex answers in an order of its own."""
    lacking = set(wanted) - set(granted) - UNIMPORTANT
    return [scope for scope in wanted if scope in lacking]
