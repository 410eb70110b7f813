"""A web process that was not started anew before the old key left."""

import time

from cryptography.fernet import Fernet, MultiFernet
from encrypted_model_fields import fields as library

from integrations.middleware import KeyCanaryMiddleware
from integrations.models import Grant
from tests.integrations.refusals import raw


def test_soon_serves_nothing_and_writes_nothing_that_nobody_else_can_read(
    linked_alice, alice_browser, monkeypatch, caplog
):
    before = raw(linked_alice, "access_token")
    assert alice_browser.get("/webex/").status_code == 200

    monkeypatch.setattr(library, "CRYPTER", MultiFernet([Fernet(Fernet.generate_key())]))
    last_seen = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: last_seen + KeyCanaryMiddleware.COUNTS_FOR + 1)

    answer = alice_browser.post("/webex/disconnect/")
    assert (answer.status_code, "not ready" in answer.text) == (503, True)
    assert answer["Retry-After"] == "60"
    assert raw(linked_alice, "access_token") == before
    assert Grant.objects.get().status == Grant.Status.ACTIVE
    assert "FIELD_ENCRYPTION_KEY is not the key" in caplog.text
