"""Nothing grows without bound because nobody clears it away."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from integrations import clock
from integrations.models import AuthorizationRequest
from integrations.operations import housekeeping


@pytest.mark.parametrize(("started", "kept"), [(1, 1), (99, 99), (100, 100), (130, 100)])
def test_answered_consents_of_one_user_are_a_hundred_at_most(
    alice, acme, browser, started, kept, bob
):
    brand = acme.branded_urls.first()

    for user in (bob, *[alice] * started):
        AuthorizationRequest.objects.begin(
            user=user, brand=brand, browser_binding="b", next_path="", now=clock.now()
        )
        AuthorizationRequest.objects.update(consumed_at=clock.now())

    assert AuthorizationRequest.objects.filter(user=alice).count() == kept
    assert AuthorizationRequest.objects.filter(user=bob).count() == 1


@pytest.mark.parametrize(("age", "is_kept"), [(-60, True), (60, False)])
def test_sessions_that_are_over_are_deleted(alice_browser, age, is_kept):
    Session.objects.update(expire_date=clock.now() - timedelta(seconds=age))

    housekeeping.tidy(now=clock.now())

    assert Session.objects.exists() is is_kept
