"""Fills a running demo with what the screens show: `ENV_FILE=… python -m tests.e2e.screens.world`.

The first time everything, later only what gets old (sessions, codes, links). Prints as JSON what
the lists of screens leave open: {words} of their paths, sessions, and pages drawn from templates.
"""

import json
import os
import re
import sys

import requests

from tests.e2e import full_data
from tests.e2e.screens import words_of_paths
from tests.e2e.screens.running import ENTERPRISE, app_at_webex, browser, sandbox, until, webex

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
COLUMNS = "userId,spEnterpriseId,firstName,lastName,package,email,extension"
PEOPLE = {"carl": "Webex users", "dora": "Webex users", "uma": "Webex users",
          "erin": "Webex provisioning", "lisa": "Webex provisioning",
          "support": "Webex support"}  # fmt: skip
WITH_SESSION = ("admin", "sigrid", "alice", "pat", "nina", *PEOPLE, "user02", "user03", "user04")
LANGUAGES = ("en", "de", "en-xa")
SLOW = {"device_ttl": 86400, "report_seconds": 1, "provision_seconds": 0, "first_user_seconds": 0}


def main() -> None:
    """With the word `empty` for a portal without anything, else with names of templates to draw."""
    import django

    django.setup()
    from config import static_files

    static_files.collect()
    from accounts.models import User
    from integrations import clock

    now = clock.now()
    is_empty, templates = sys.argv[1:2] == ["empty"], sys.argv[1:]
    webex("scenario", **SLOW)  # each time: a screen of the sandbox may have set another
    if not is_empty and not User.objects.filter(username="carl").exists():
        _fill(now)
    ids = {} if is_empty else words_of_paths.found(now)
    drawn = {} if is_empty else {name: _draw(name) for name in templates}
    print(json.dumps({"ids": ids, "sessions": _sessions(now), "drawn": drawn}))


# --- Once -----------------------------------------------------------------------------------------


def _fill(now) -> None:
    from django.contrib.auth.models import Group

    from accounts.models import User
    from integrations.models import BrandedURL, SecondFactor, WebexApp

    with_device_linking()
    for name, role in PEOPLE.items():
        is_staff = name == "support"
        user = User.objects.create_user(name, f"{name}@portal.example", is_staff=is_staff,
                                        first_name=name.title(), last_name="Example")  # fmt: skip
        user.groups.add(Group.objects.get(name=role))
    sigrid = User.objects.create_superuser("sigrid", "sigrid@portal.example")
    SecondFactor.objects.create(user=sigrid, confirmed_at=now)
    browser("alice").link("alice@acme.example")
    browser("pat").link("pat@parkbench.example")
    browser("erin", "globex.localhost").link("bob@globex.example")
    full_data.fill(now)
    WebexApp.objects.create(name="Hardly begun")
    BrandedURL.objects.create(hostname="spare.example.com", brand_name="Spare")
    _make_provider(now)
    _make_jobs()


def _make_provider(now) -> None:
    from accounts.models import User
    from integrations.models import Identity, IdentityProvider

    provider = IdentityProvider.objects.create(
        name="Staff of the Umbrella group", issuer="https://id.umbrella.example.com/realms/staff",
        client_id="portal", scopes="openid profile email", is_enabled=False,
    )  # fmt: skip
    erin = User.objects.get(username="erin")
    subject = "0f8fad5b-d9cb-469f-a165-70867728950e"
    Identity.objects.create(provider=provider, user=erin, subject=subject, created_at=now)


def with_device_linking() -> None:
    from integrations.models import WebexApp
    from integrations.webex.device import HELPER_URIS

    page = requests.get(f"{sandbox()}/my-apps/{app_at_webex()}", timeout=10).text
    field = re.search(r'id="redirect_uris"[^>]*>([^<]*)</textarea>', page)[1]
    chosen = re.findall(r'name="scopes"\s+value="([^"]+)"\s+checked', page)
    uris = "\n".join([field, *HELPER_URIS])
    values = {"name": "Demo portal", "redirect_uris": uris, "scopes": chosen, "action": "save"}
    requests.post(f"{sandbox()}/my-apps/{app_at_webex()}", values, timeout=10).raise_for_status()
    WebexApp.objects.update(device_linking_enabled=True)


def _make_jobs() -> None:
    pat = browser("pat")
    for kind, operation, count in (("done", "provision", 6), ("draft", "provision", 40),
                                   ("removal", "remove", 4)):  # fmt: skip
        lines = [COLUMNS, *(
            f"{kind}{each}@acme.example,{ENTERPRISE},Bea,Bulk,{'gold' if each == 3 else 'basic'},"
            f"{kind}{each}@acme.example,{7000 + each}" for each in range(count)
        )]  # fmt: skip
        text = "\n".join(lines)
        job = pat.post("/webex/bulk/new/", {"text": text, "operation": operation}).url
        if kind == "done":
            pat.post(f"{job}start/")
            until(lambda url=job: "result.csv" in pat.get(url).text)
    month = re.search(r'<option value="([^"]+)"', pat.get("/webex/reports/billing/").text)[1]
    pat.post("/webex/reports/billing/order/", {"month": month})


# --- Each time ------------------------------------------------------------------------------------


def _sessions(now) -> dict[str, str]:
    from django.conf import settings
    from django.test import Client

    from accounts.models import User
    from integrations.admin.presence import PASSWORD, SEEN

    found = {}
    for user in User.objects.filter(username__in=[*WITH_SESSION, full_data.LONG_USER]):
        client = Client()
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        session = client.session
        session[PASSWORD] = session[SEEN] = now.timestamp()
        session.save()
        name = "user03" if user.username == full_data.LONG_USER else user.username
        found[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return found | {"cookie": settings.SESSION_COOKIE_NAME}


def _draw(name: str) -> dict[str, str]:
    from django.template.loader import render_to_string
    from django.test import RequestFactory
    from django.utils import translation

    from accounts.models import User
    from integrations.middleware import _not_ready
    from integrations.models import BrandedURL
    from integrations.portal_session import SessionStore

    request = RequestFactory().get("/my-account/", HTTP_ACCEPT="text/html")
    request.brand = BrandedURL.objects.filter(hostname="acme.localhost").first()
    request.user = User.objects.get(username="alice")
    request.session = SessionStore()
    found = {}
    for language in LANGUAGES:
        with translation.override(language):
            if name == "not-ready":
                found[language] = _not_ready(request, ValueError()).content.decode()
            else:
                found[language] = render_to_string(name, {"minutes": 7}, request)
    return found


# --- Webex ----------------------------------------------------------------------------------------


if __name__ == "__main__":
    main()
