"""Questions and refusals are those of the admin's pages, at the path they are about."""

from integrations import clock
from integrations.models import BrandedURL, WebexApp
from tests.conftest import H1, H3
from tests.integrations.operations.configuration.conftest import (
    EMPTY,
    app_of,
    apply,
    exported,
    faults_of,
    plan,
    questions_of,
)


def test_what_users_depend_on_is_not_removed(linked_alice):
    assert faults_of(EMPTY) == {
        "/integrations/Acme": "It cannot be removed: 1 user depends on it. Switch it off instead.",
        **dict.fromkeys(
            (f"/hostnames/{H1}", f"/hostnames/{H3}"),
            "It cannot be removed: 1 user depends on it. Set its integration to null first.",
        ),
    }
    assert WebexApp.objects.count() == 1


def test_before_a_hostname_is_taken_from_its_users_it_is_asked(linked_alice, edited):
    content = edited("hostnames", H1, integration=None)

    path = f"/hostnames/{H1}/integration"
    text = f"1 linked user may come through {H1}, which would stop working at once."
    assert questions_of(content) == {path: text}
    assert app_of(H1) is not None

    apply(content, confirmed=plan(content).confirmation)
    assert app_of(H1) is None


def test_before_users_must_link_again_it_is_asked(linked_alice, globex, edited):
    url, client_id = globex.authorization_url, globex.client_id
    content = edited("integrations", "Acme", authorization_url=url, client_id=client_id)

    assert "would have to link again" in questions_of(content)["/integrations/Acme/client_id"]


def test_switching_on_asks_about_what_is_doubtful_and_refuses_what_is_missing(acme, edited):
    apply(edited("integrations", "Acme", is_enabled=False))
    assert not WebexApp.objects.get().is_enabled
    BrandedURL.objects.filter(app=acme).update(assigned_at=clock.now())  # later than the paste

    content = edited("integrations", "Acme", is_enabled=True)
    assert "2 hostnames were added after" in questions_of(content)["/integrations/Acme/is_enabled"]

    for host in (H1, H3):
        content["hostnames"][host]["integration"] = None
    assert "No hostname uses this" in faults_of(content)["/integrations/Acme/is_enabled"]

    apply(edited("integrations", "Acme", is_enabled=True), confirmed=None)
    assert WebexApp.objects.get().is_enabled


def test_an_enabled_integration_does_not_lose_its_last_hostname(acme):
    content = exported()
    for entry in content["hostnames"].values():
        entry["integration"] = None

    assert list(faults_of(content)) == ["/integrations/Acme/is_enabled"]
    assert app_of(H1) == acme


def test_what_blocked_before_holds_no_other_change_up(acme, edited):
    url = acme.authorization_url.replace("spark%3Akms", "")
    WebexApp.objects.update(authorization_url=url.replace("spark%3Apeople_read", "spark%3Akms"))

    apply(edited("integrations", "Acme", default_provisioning_id="P-1"))

    assert WebexApp.objects.get().default_provisioning_id == "P-1"


def test_the_faults_of_all_entries_are_said_at_once(acme, settings):
    settings.PORTAL_HOSTS = ["admin.example.com"]
    content = exported()
    content["integrations"]["Acme"] |= {"authorization_url": "https://evil.example/"}
    content["integrations"] |= {
        " New": {"client_id": "••••"},
        "": {},
        "a\u202eb": {},
        "x" * 101: {},
    }
    content["hostnames"]["admin.example.com"] = {}
    content["hostnames"]["new.example.com"] = {"integration": "Nobody's", "accent_color": "red"}
    content["hostnames"]["odd.example.com"] = {"language": "tlh"}
    content["hostnames"][H1] |= {"logo": "0" * 32}

    faults = faults_of(content)

    assert set(faults) == {
        "/integrations/Acme/authorization_url", "/integrations/ New/client_id", "/integrations/",
        "/integrations/ New", "/integrations/a\u202eb", f"/integrations/{'x' * 100}",
        "/hostnames/admin.example.com", "/hostnames/new.example.com/integration",
        "/hostnames/new.example.com/accent_color", "/hostnames/odd.example.com/language",
        f"/hostnames/{H1}/logo",
    }  # fmt: skip
    assert faults["/hostnames/new.example.com/integration"] == (
        "This document has no integration of that name."
    )


def test_a_row_that_would_be_refused_today_stays_as_it_is(acme, settings):
    settings.PORTAL_HOSTS = [H1]

    assert plan(exported()).changes == []
