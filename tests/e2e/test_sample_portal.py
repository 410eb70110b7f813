"""A portal of somebody else, in a process of its own, has the badge, tokens and events of ours."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import KEPT, ROOT, Demo, photograph
from tests.e2e.test_story import ACME, sign_in_at_webex

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# What an administrator does under API keys and Webhooks; each secret is shown once.
MAKE = """
import json
from integrations import clock
from integrations.models import BrandedURL, WebhookEndpoint
from integrations.operations import api_keys, webhooks
brand, now = BrandedURL.objects.get(hostname="acme.localhost"), clock.now()
scopes = ["standing:read", "grants:read", "connect-links:write", "tokens:read"]
key, secret = api_keys.make(name="sample", scopes=scopes, app_ids=None, hostname_ids=[brand.pk],
                            expires_at=None, by=None, now=now)
hook = WebhookEndpoint(name="sample", url="http://127.0.0.1:{port}/webhooks",
                       events=["grant.linked", "grant.disconnected"])
print(json.dumps([secret, webhooks.save(hook, changed={{"url"}}, now=now)]))
"""


def make_secrets(demo: Demo, port: int) -> list[str]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    ran = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", MAKE.format(port=port)],
        cwd=ROOT, env={**kept, "ENV_FILE": str(demo.folder / ".demo" / "env")},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    found: list[str] = json.loads(ran.stdout.splitlines()[-1])
    return found


@contextmanager
def sample_portal(demo: Demo) -> Iterator[int]:
    """Its port."""
    port = urlsplit(demo.front_end).port
    key, webhook_secret = make_secrets(demo, port)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.sample_portal", str(port)],
        cwd=ROOT, stderr=subprocess.DEVNULL,
        env={
            "PATH": os.environ["PATH"], "PORTAL": demo.at(ACME, "").rstrip("/"), "PORTAL_KEY": key,
            "PORTAL_API": demo.at("127.0.0.1", "/api/v1"), "WEBEX_API": f"{demo.sandbox}/v1",
            "WEBHOOK_SECRET": webhook_secret,
        },
    )  # fmt: skip
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def wait_for(port: int) -> None:
    for _attempt in range(100):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    pytest.fail("the sample portal did not start")


def test_another_portal_links_alice_and_works_with_her_token(
    chromium: Browser, demo: Demo, pictures: Path
) -> None:
    page, complaints = chromium.new_page(viewport={"width": 390, "height": 700}), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    with sample_portal(demo) as port:
        page.goto(demo.front_end)
        badge = page.locator("#badge")
        expect(badge).to_have_attribute("data-state", "signed-out")
        photograph(page, pictures / "sample-portal-signed-out.png")
        page.get_by_label("User name").fill("alice")
        page.get_by_role("button", name="Sign in").click()

        link_with(page, demo)

        page.goto(demo.front_end)
        expect(badge.get_by_role("link", name="Webex linked")).to_be_visible()
        expect(page.locator("#session").get_by_role("link", name="Webex linked")).to_be_visible()
        page.get_by_role("button", name="Who am I at Webex?").click()
        expect(page.locator("#person")).to_have_text("Alice Adams, alice@acme.example")
        events = page.locator("#events")  # after what the one worker of the demo does meanwhile
        expect(events).to_contain_text("grant.linked: The user linked a Webex", timeout=60_000)
        photograph(page, pictures / "sample-portal-linked.png")
        assert forged_event(port) == 400

        page.goto(demo.at(ACME, "/webex/"))
        page.locator("summary", has_text="Disconnect").click()
        page.get_by_role("button", name="Disconnect now").click()
        page.goto(demo.front_end)
        expect(page.locator("#events")).to_contain_text("grant.disconnected")
        expect(badge).to_have_attribute("data-state", "not-linked")
    page.close()
    assert [text for text in complaints if "Policy" in text or "CORS" in text] == []


def link_with(page: Page, demo: Demo) -> None:
    """Support's link leads to the portal's own sign-in, and from there to Webex."""
    page.locator("#badge").get_by_role("link", name="Link your Webex account").click()
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password").fill(demo.password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Go on to Webex").click()
    sign_in_at_webex(page, "Alice Adams")
    page.get_by_role("button", name="Accept").click()
    expect(page).to_have_url(demo.at(ACME, "/my-account/"))


def forged_event(port: int) -> int:
    signed = {
        "webhook-id": "x",
        "webhook-timestamp": str(int(time.time())),
        "webhook-signature": "v1,x",
    }
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"http://127.0.0.1:{port}/webhooks", b"{}", signed), timeout=10)
    refused.value.close()
    return refused.value.code
