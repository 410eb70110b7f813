"""Activation mails to the people of an enterprise: those who never signed in get theirs again."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.actions import Action
from integrations.provisioning import enterprises
from integrations.provisioning.caller import Caller
from integrations.provisioning.recording import at_webex, recorded
from integrations.webex import activation_mails
from integrations.webex.activation_mails import MailJob

WRITE = "spark-admin:people_write"
RUNNING = ("STARTING", "STARTED", "STOPPING")
STATES: dict[str, tuple[str, str | Promise]] = {  # tone and word of a chip
    **dict.fromkeys(RUNNING, ("moving", _("Being sent"))),
    "COMPLETED": ("good", _("Sent")),
    **dict.fromkeys(("FAILED", "ABANDONED"), ("bad", _("Failed"))),
}


def state(status: str) -> tuple[str, str | Promise]:
    """Tone and word. A status that nobody has documented is shown as it is."""
    return STATES.get(status, ("", status))


def send(caller: Caller, name: str) -> MailJob:
    """Raises Rejected (404) where Webex knows no enterprise of that name; and as `look`."""
    found = enterprises.look(caller, name).enterprise
    about = at_webex(caller, "enterprise", found.id, name)
    return recorded(
        caller, Action.ACTIVATION_MAILS_SENT, about,
        lambda: caller.ask(activation_mails.send, found.org_id),
    )  # fmt: skip


def look(caller: Caller, name: str, job_id: str) -> MailJob:
    """Raises what `Caller.ask` raises."""
    org_id = enterprises.follow(caller, name).enterprise.org_id
    return caller.ask(activation_mails.job, org_id, job_id)
