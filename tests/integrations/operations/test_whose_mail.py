"""A mail speaks with the brand of the hostname where the grant was linked, and knows no other."""

import importlib
from datetime import timedelta

import pytest
from django.apps import apps
from django.core import mail

from integrations import clock
from integrations.models import BrandedURL, Grant, WebexApp
from integrations.operations import notices
from integrations.renewal import on_demand
from tests.conftest import ALICE_AT_WEBEX, CAROL_AT_WEBEX, H1, H2, H3

ACME, GLOBEX = "acme-voice.example", "globex-voice.example"


@pytest.fixture
def shared(db, make_app):
    """One integration, two customers that must not learn of each other."""
    app = make_app("Shared by both", ACME, GLOBEX)
    BrandedURL.objects.filter(hostname=ACME).update(brand_name="Acme Telecom")
    look = {"brand_name": "Globex Voice", "accent_color": "#7a3e9d"}
    BrandedURL.objects.filter(hostname=GLOBEX).update(**look)
    return app


def everything_sent():
    """Subject, sender and both bodies of the one mail that is sent now."""
    mail.outbox.clear()
    Grant.objects.update(
        refresh_token_expires_at=clock.now() + timedelta(days=3), refreshed_at=clock.now()
    )
    notices.send_all(now=clock.now())
    (message,) = mail.outbox
    html = message.alternatives[0].content
    return "\n".join([message.subject, message.from_email, message.body, html])


def test_bob_who_linked_at_globex_hears_from_globex_only(shared, browser, bob):
    browser(bob, GLOBEX).link(ALICE_AT_WEBEX)

    text = everything_sent()

    assert "Globex Voice: Your Webex link ends soon" in text
    assert '"Globex Voice" <portal@localhost>' in text or "Globex Voice <portal@localhost>" in text
    assert f"https://{GLOBEX}/webex/" in text
    assert "#7a3e9d" in text
    assert "acme-voice" not in text
    assert "Acme Telecom" not in text
    assert "Shared by both" not in text


def test_a_lost_consent_too(shared, browser, bob, fill, sandbox):
    browser(bob, GLOBEX).link(ALICE_AT_WEBEX)
    grant = Grant.objects.get()
    Grant.objects.update(status="CONSENT_LOST")
    grant.events.create(kind="CONSENT_LOST", at=clock.now(), notice_due=True)

    notices.send_all(now=clock.now())

    (message,) = mail.outbox
    assert message.subject == "Globex Voice: Link your Webex account again"
    assert "acme-voice" not in message.body
    assert "Acme Telecom" not in message.body


def test_who_links_again_elsewhere_hears_from_there(shared, browser, bob):
    browser(bob, ACME).link(ALICE_AT_WEBEX)
    browser(bob, GLOBEX).link(ALICE_AT_WEBEX)

    assert Grant.objects.get().hostname == GLOBEX
    assert "acme-voice" not in everything_sent()


def test_a_replaced_account_counts_where_it_consented(shared, browser, bob):
    browser(bob, ACME).link(ALICE_AT_WEBEX)
    there = browser(bob, GLOBEX)
    question = there.link(CAROL_AT_WEBEX)["Location"]

    browser(bob, ACME).post(question, {"decision": "replace"})

    assert Grant.objects.get().hostname == GLOBEX


def test_a_renewal_forgets_nothing(shared, browser, bob):
    browser(bob, GLOBEX).link(ALICE_AT_WEBEX)
    grant = Grant.objects.get()

    on_demand.renew(grant, now=clock.now())

    assert Grant.objects.get().hostname == GLOBEX


def is_neutral(text):
    assert "Your Webex link ends soon" in text.splitlines()[0]
    assert ":" not in text.splitlines()[0]
    assert "Sign in to your portal and open My Account." in text
    return not any(word in text for word in ("cme", "lobex", "Shared by both", "https://", "href"))


@pytest.fixture
def bobs_grant(shared, browser, bob):
    browser(bob, GLOBEX).link("bob@globex.example")
    Grant.objects.update(person_email="bob@webex.example")
    return Grant.objects.get()


def gone(rows, other):
    rows.delete()


def moved(rows, other):
    rows.update(app=other)


def released(rows, other):
    rows.update(app=None)


def renamed(rows, other):
    rows.update(hostname="renamed.example")


@pytest.mark.parametrize("change", [gone, moved, released, renamed])
def test_a_hostname_that_serves_others_now_leaves_neutral_words(bobs_grant, make_app, change):
    change(BrandedURL.objects.filter(hostname=GLOBEX), make_app("Other", H2))

    assert is_neutral(everything_sent())


# --- Grants from before hostnames were remembered -------------------------------------------------


def upgrade():
    """What the migration does, once."""
    migration = importlib.import_module("integrations.migrations.0007_grant_hostname")
    migration.remember_only_hostnames(apps, None)


def older(grant):
    Grant.objects.filter(pk=grant.pk).update(hostname=None)


def test_an_older_grant_has_the_only_hostname_its_integration_had(globex, browser, bob):
    client = browser(bob, H2)
    client.link(ALICE_AT_WEBEX)
    older(Grant.objects.get())

    upgrade()

    assert f"https://{H2}/webex/" in everything_sent()


@pytest.mark.parametrize("left", [(), (ACME,), (ACME, GLOBEX)], ids=len)
def test_an_older_grant_of_two_hostnames_stays_neutral_whichever_is_left(shared, bobs_grant, left):
    older(bobs_grant)
    upgrade()

    BrandedURL.objects.exclude(hostname__in=left).update(app=None)

    assert is_neutral(everything_sent())


def test_an_older_grant_does_not_follow_to_a_hostname_that_came_later(globex, browser, bob):
    browser(bob, H2).link("bob@globex.example")
    older(Grant.objects.get())
    Grant.objects.update(person_email="bob@webex.example")
    upgrade()
    BrandedURL.objects.filter(app=globex).update(app=None)
    BrandedURL.objects.create(hostname=ACME, brand_name="Acme Telecom", app=globex)

    assert is_neutral(everything_sent())


def test_the_upgrade_writes_to_integrations_with_one_hostname_only(acme, globex, make_app):
    make_app("None yet")

    upgrade()

    remembered = dict(WebexApp.objects.values_list("name", "hostname_of_older_grants"))
    assert remembered == {"Acme": None, "Globex": H2, "None yet": None}
    assert {H1, H3} == set(acme.branded_urls.values_list("hostname", flat=True))
