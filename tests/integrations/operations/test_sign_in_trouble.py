"""An identity provider lets nobody in: whoever is woken reads which, and whom it concerns."""

from datetime import timedelta

import pytest

from integrations import clock
from integrations.models import BrandedURL, IdentityProvider
from integrations.single_sign_on import providers
from tests.integrations.operations.conftest import status


@pytest.fixture
def provider(acme, everything_runs):
    made = IdentityProvider.objects.create(
        name="Acme ID",
        issuer="https://id.acme.example",
        client_id="portal",
        client_secret="secret",
        is_enabled=True,
    )
    BrandedURL.objects.filter(app=acme).update(identity_provider=made)
    return made


def fail(provider, *, minutes_ago=0):
    at = clock.now() - timedelta(minutes=minutes_ago)
    providers.note_trouble(provider, "invalid_client", now=at)


def test_while_nobody_tried_in_vain_nothing_is_said(provider):
    assert "Acme ID" not in status()[1]


@pytest.mark.parametrize("times", [1, 2, 20])
def test_it_is_named_once_with_its_hostnames_and_what_to_do(provider, times):
    for minute in range(times):
        fail(provider, minutes_ago=2 * (times - minute))

    code, text = status()

    assert code >= 1
    assert text.count("look soon: Signing in with “Acme ID” (") == 1
    for brand in BrandedURL.objects.filter(identity_provider=provider):
        assert brand.hostname in text
    assert "Press “Check” on its page" in text


@pytest.mark.parametrize("change", [{"is_enabled": False}, {"last_return_at": True}, {}])
def test_it_is_over_once_somebody_came_in_it_is_off_or_an_hour_went_by(provider, change):
    fail(provider, minutes_ago=5 if change else 61)
    if "last_return_at" in change:
        change = {"last_return_at": clock.now()}
    IdentityProvider.objects.filter(pk=provider.pk).update(name="Acme ID", **change)

    assert "Acme ID" not in status()[1]
