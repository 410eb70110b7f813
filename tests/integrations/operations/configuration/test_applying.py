"""A document becomes the configuration by the rules of the admin's pages, all of it or nothing."""

import pytest

from integrations.actions import Action
from integrations.errors import ConfigurationMoved, Unconfirmed
from integrations.models import AuditEvent, BrandedURL, WebexApp
from integrations.operations import configuration
from tests.conftest import H1, H2, H3
from tests.integrations.operations.configuration.conftest import (
    EMPTY,
    app_of,
    apply,
    exported,
    plan,
    questions_of,
    sentences,
)

# --- At 0, 1, 2 and many ----------------------------------------------------------------------


def test_nothing_is_a_configuration_too(db):
    assert exported() == EMPTY
    assert plan(EMPTY).changes == apply(EMPTY).changes == []


def test_what_was_exported_changes_nothing_when_it_is_applied(acme, globex):
    before = configuration.export()

    assert plan(before.content).changes == apply(before.content).changes == []

    assert configuration.export() == before
    assert not AuditEvent.objects.exists()


def test_no_secret_is_exported(acme):
    text = configuration.export().text

    assert acme.client_secret not in text
    assert acme.client_secret_fingerprint not in text
    assert exported()["integrations"]["Acme"]["client_secret_is_set"] is True


def test_an_empty_installation_gets_what_another_has_and_starts_switched_off(acme, globex):
    content = exported()
    url = acme.authorization_url
    for row in (*BrandedURL.objects.all(), acme, globex):
        row.delete()

    found = apply(content)

    assert sentences(found) == [
        "Add “Acme”, switched off and without a client secret.",
        "Add “Globex”, switched off and without a client secret.",
        *(
            sentence
            for host, name in ((H1, "Acme"), (H3, "Acme"), (H2, "Globex"))
            for sentence in (
                f"Add the hostname {host}.",
                f"{host} is used by “{name}” from now on.",
            )
        ),
    ]
    copy = WebexApp.objects.get(name="Acme")
    assert (copy.is_enabled, copy.client_secret, copy.authorization_url) == (False, None, url)
    assert app_of(H1) == app_of(H3) == copy
    assert BrandedURL.objects.get(hostname=H1).brand_name == "Acme"


def test_many_are_planned_with_as_many_queries_as_one(db, django_assert_num_queries):
    names = [f"Integration {number:04}" for number in range(300)]
    hosts = {f"h{number}.example.com": {"integration": name} for number, name in enumerate(names)}
    content = EMPTY | {"integrations": {name: {} for name in names}, "hostnames": hosts}

    with django_assert_num_queries(3):
        assert len(plan(content).changes) == 900
    apply(content)

    with django_assert_num_queries(3):
        assert plan(content).changes == []
    assert plan(exported()).changes == []


# --- Each difference --------------------------------------------------------------------------


def test_fields_change_and_are_on_record_by_name(acme, edited):
    content = edited("integrations", "Acme", default_provisioning_id=" P-1 ")
    content["hostnames"][H1] |= {
        "brand_name": "Acme Corp",
        "accent_color": "#123456",
        "language": "de",
    }

    assert sentences(apply(content)) == [
        "“Acme”: default provisioning ID changes from nothing to “P-1”.",
        f"“{H1}”: brand name changes from “Acme” to “Acme Corp”.",
        f"“{H1}”: accent colour changes from “#1f5fbf” to “#123456”.",
        f"“{H1}”: language changes from nothing to “de”.",
    ]

    assert WebexApp.objects.get().default_provisioning_id == "P-1"
    assert {(event.action, *event.changed) for event in AuditEvent.objects.all()} == {
        (Action.INTEGRATION_CHANGED, "default_provisioning_id"),
        (Action.HOSTNAME_CHANGED, "accent_color", "brand_name", "language"),
    }


def test_a_field_that_is_left_out_stays(acme):
    content = {"version": 1, "integrations": {"Acme": {}}, "hostnames": {H1: {}, H3: {}}}

    assert plan(content).changes == []


def test_hostnames_of_two_integrations_are_swapped(acme, globex):
    content = exported()
    for host, name in ((H1, "Globex"), (H2, "Acme")):
        content["hostnames"][host]["integration"] = name

    assert f"Move {H1} from “Acme” to “Globex”." in sentences(apply(content))

    assert (app_of(H1), app_of(H2), app_of(H3)) == (globex, acme, acme)
    moved = AuditEvent.objects.filter(action=Action.HOSTNAME_MOVED, object_label=H1)
    assert list(moved.order_by("pk").values_list("reason", flat=True)) == ["Acme → –", "– → Globex"]


def test_another_spelling_of_a_hostname_is_the_same(acme):
    content = exported()
    content["hostnames"][H1.upper()] = content["hostnames"].pop(H1)

    assert plan(content).changes == []


def test_a_new_url_brings_its_client_id_along(db, acme, globex):
    url = globex.authorization_url
    globex.delete()
    content = exported()
    content["integrations"]["New"] = {"authorization_url": url.replace("&", "\n&")}
    content["hostnames"][H2] = {"integration": "New"}

    apply(content)

    new = WebexApp.objects.get(name="New")
    assert (new.authorization_url, new.client_id) == (url, globex.client_id)
    assert plan(content).changes == []


def test_a_logo_is_given_on_by_its_digest_and_taken_away(acme, edited):
    brand = BrandedURL.objects.get(hostname=H1)
    brand.set_logo(b"png")
    brand.save()

    apply(edited("hostnames", H3, logo=brand.logo_digest))
    assert bytes(BrandedURL.objects.get(hostname=H3).logo) == b"png"

    assert sentences(apply(edited("hostnames", H3, logo=None))) == [f"{H3}: no logo any more."]
    assert BrandedURL.objects.get(hostname=H3).logo is None


def test_what_nobody_needs_is_removed_once_it_is_confirmed(acme, globex):
    content = exported()
    del content["integrations"]["Globex"], content["hostnames"][H2]

    asked = questions_of(content)
    assert asked == {
        "/integrations/Globex": "“Globex” would be removed for good.",
        f"/hostnames/{H2}": f"“{H2}” would be removed for good.",
    }
    without_its_hostname = plan(content | {"integrations": exported()["integrations"]})
    with pytest.raises(Unconfirmed):
        apply(content, confirmed=without_its_hostname.confirmation)
    apply(content, confirmed=plan(content).confirmation)

    assert not WebexApp.objects.filter(name="Globex").exists()
    assert not BrandedURL.objects.filter(hostname=H2).exists()


# --- Two at once --------------------------------------------------------------------------------


def test_a_stale_plan_is_refused(acme, edited):
    content = edited("integrations", "Acme", default_provisioning_id="P-1")
    planned = plan(content)
    WebexApp.objects.update(device_linking_enabled=True)

    with pytest.raises(ConfigurationMoved):
        apply(content, expected=[planned.fingerprint])

    assert WebexApp.objects.get().default_provisioning_id == ""


def test_what_was_planned_is_done_and_tells_the_next_fingerprint(acme, edited):
    content = edited("integrations", "Acme", default_provisioning_id="P-1")

    done = apply(content, expected=[plan(content).fingerprint])

    assert done.fingerprint == plan(content).fingerprint == configuration.export().fingerprint
