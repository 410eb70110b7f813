"""Names that try to become code stay names, wherever a screen repeats them."""

import pytest

from integrations.models import BrandedURL, Grant, GrantEvent, WebexApp

EVIL = """"><script>alert(1)</script>{{7*7}}'onmouseover=x"""
APPS, BRANDS = "/admin/integrations/webexapp/", "/admin/integrations/brandedurl/"
GRANTS, EVENTS = "/admin/integrations/grant/", "/admin/integrations/grantevent/"


@pytest.fixture
def evil_names(linked_alice, acme):
    WebexApp.objects.filter(pk=acme.pk).update(name=EVIL, pause_reason=EVIL)
    BrandedURL.objects.update(brand_name=EVIL)
    Grant.objects.update(person_name=EVIL, person_email=EVIL, org_name=EVIL, last_error=EVIL)
    GrantEvent.objects.update(reason=EVIL, tracking_id=EVIL[:50])
    return linked_alice


def pages(app, grant, brand):
    yield from ("/admin/", APPS, BRANDS, GRANTS, EVENTS)
    yield from (f"{APPS}{app.pk}/{page}/" for page in ("change", "clone", "delete", "history"))
    yield from (f"{BRANDS}{brand.pk}/{page}/" for page in ("change", "delete", "history"))
    yield f"{GRANTS}{grant.pk}/change/"
    yield f"/admin/who-gets-what/?username=alice&hostname={brand.hostname}"


def test_no_page_runs_what_a_name_contains(paula, evil_names, acme):
    brand = acme.branded_urls.first()

    answers = {path: paula.get(path) for path in pages(acme, evil_names, brand)}

    assert {answer.status_code for answer in answers.values()} == {200}
    assert [path for path, answer in answers.items() if "<script>alert" in answer.text] == []
    assert [path for path, answer in answers.items() if '"><script>' in answer.text] == []
    assert sum("&lt;script&gt;alert" in answer.text for answer in answers.values()) >= 10
    assert "{{7*7}}" in answers[APPS].text


def test_messages_and_questions_do_not_either(paula, evil_names, acme):
    cloned = paula.post(f"{APPS}{acme.pk}/clone/", {"name": EVIL + "2"}, follow=True)
    asked = paula.post(GRANTS, {"action": "disconnect", "_selected_action": [evil_names.pk]})

    assert not any("<script>alert" in page.text for page in (cloned, asked))
    assert all("&lt;script&gt;alert" in page.text for page in (cloned, asked))


def test_an_integration_has_no_url_of_its_own_that_secrets_could_be_sent_to():
    """The client secret goes to WEBEX_API_URL, and that is a setting."""
    urls = {field.name for field in WebexApp._meta.get_fields() if "url" in field.name}

    assert urls == {"authorization_url", "authorization_url_pasted_at", "branded_urls"}
