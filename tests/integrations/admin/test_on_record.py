"""Reasons are kept as codes, and everybody reads them in their own language."""

import pytest
from django.utils import translation

from integrations.actions import Action
from integrations.admin import on_record
from integrations.models import AuditEvent, BulkJob


@pytest.mark.parametrize(
    ("action", "noted", "words"),
    [
        (Action.SIGN_IN_FAILED, "unknown name", "niemand hat diesen Benutzernamen"),
        (Action.SIGN_IN_FAILED, "invalid_client", "Er weist Client-ID oder Client-Secret ab."),
        (
            Action.SIGN_IN_REFUSED,
            "Acme ID: unknown_person, sub u1: x",
            "Acme ID: Kein Benutzer hier ist mit diesem Konto verknüpft (sub u1: x)",
        ),
        (Action.BULK_JOB_STOPPED, "NOT_LINKED", "Das Webex-Konto ist nicht mehr verknüpft"),
        (Action.LINK_TESTED, "AccessDenied", "bei Webex abgelehnt"),
        (Action.LINK_TESTED, "InvalidClient", "Webex weist Client-ID und Client-Secret ab."),
        (Action.KEYS_ROTATED, "1 values anew with key ab12, 0 left; run by root",
         "1 Wert neu mit Schlüssel ab12, 0 übrig; ausgeführt von root"),
        (Action.KEY_GIVEN_UP, "12 rows", "12 Zeilen"),
        (Action.SUBSCRIBER_CHANGED, "400 25008", "Webex hat mit 400 geantwortet (25008)."),
        (Action.SUBSCRIBER_CHANGED, "503", "Webex hat mit 503 geantwortet."),
        (Action.GRANT_DISCONNECTED, "by an administrator", "durch einen Administrator"),
        (Action.WEBHOOK_SWITCHED_OFF, "gone",
         "Er hat mit 410 geantwortet: Dort hört niemand mehr zu."),
        (Action.HOSTNAME_MOVED, "Umbrella → –", "Umbrella → –"),
        ("of_a_newer_version", "unknown_code", "unknown_code"),
    ],
)  # fmt: skip
def test_what_is_on_record_is_read_in_the_readers_language(action, noted, words):
    with translation.override("de"):
        assert on_record.why(AuditEvent(action=action, reason=noted)) == words


def test_every_end_of_a_bulk_job_has_words():
    assert set(on_record.STOPPED) == set(BulkJob.StopReason)


def test_what_was_not_done_says_so():
    refused = AuditEvent(action=Action.SUBSCRIBER_CHANGED, result="refused")
    failed = AuditEvent(action=Action.SIGN_IN_FAILED, result="failed")

    assert on_record.what(refused) == "Subscriber changed: refused"
    assert on_record.what(failed) == "Sign-in failed"
