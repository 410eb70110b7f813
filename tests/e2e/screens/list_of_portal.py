"""What users of a portal see: signing in, My Account, Webex, and every page that says no."""

from tests.e2e.screens.screen import (
    ACME,
    GLOBEX,
    Screen,
    choose,
    go,
    hover,
    post,
    press,
    send,
    stay,
    wait,
)

CARD = {"carl": "not-linked", "alice": "linked", "user04": "consent-lost", "user02": "failing",
        "user03": "long-name", "uma": "unfinished", "nina": "no-right"}  # fmt: skip
DISCONNECT = "details:has(form[action='/webex/disconnect/']) > summary"
KNOWN = "ada.abbott0@acme-corporation.example"  # the first of the sandbox's data set
WRONG = {"username": "mallory", "password": "wrong"}


def of(who: str, **paths: str) -> list[Screen]:
    return [Screen(name.replace("_", "-"), path, who, ACME) for name, path in paths.items()]


ACCOUNT = [
    Screen("sign-in", "/sign-in/", at=ACME),
    Screen("sign-in-refused", "/sign-in/", at=ACME, steps=(send(**WRONG),)),
    Screen("sign-in-without-brand", "/sign-in/"),
    Screen("sign-in-through-refused", "/sign-in/callback/?state=x&code=y", at=ACME),
    Screen("sign-in-through-press-again", "/sign-in/through/", at=ACME),
    Screen("came-back-signed-out", "/webex/callback/?state=x&code=y", at=ACME),
    *(Screen(f"my-account-{state}", "/my-account/", who, ACME) for who, state in CARD.items()),
    *(Screen(f"home-{CARD[who]}", "/", who, ACME) for who in ("carl", "alice", "nina")),
    Screen("home-without-brand", "/", "admin"),
    Screen("menu", "/my-account/", "carl", ACME, (hover("header .nav-item [data-webex]"),)),
]
LINKING = [
    *(Screen(f"webex-{CARD[who]}", "/webex/", who, ACME)
      for who in ("carl", "alice", "user04", "user02", "user03", "uma", "nina")),
    Screen("webex-provisioning", "/webex/", "pat", ACME),
    Screen("webex-no-administrator", "/webex/", "erin", GLOBEX),
    Screen("disconnect-asked", "/webex/", "alice", ACME, (press(DISCONNECT),)),
    Screen("disconnect-nothing", "/webex/", "carl", ACME, (post("/webex/disconnect/"),)),
    Screen("press-again", "/webex/disconnect/", "alice", ACME),
    Screen("press-again-connect", "/webex/connect/", "carl", ACME),
    Screen("taking-you-to-webex", "/my-account/", "dora", ACME, (stay, post("/webex/connect/")),
           ("webex_connect",)),
    Screen("declined", "/my-account/", "dora", ACME,
           (post("/webex/connect/"), wait("**/idb/**"),
            choose("Alice Adams"), go("button[value=decline]"))),
    Screen("consent-refused", "/webex/callback/?state=x&code=y", "carl", ACME),
    Screen("replace", "{replace}", "alice", ACME),
    Screen("device", "/webex/device/{device}/", "dora", ACME),
    Screen("device-over", "/webex/device/{device_over}/", "dora", ACME),
    Screen("device-press-again", "/webex/device/", "dora", ACME),
    Screen("device-cancel-press-again", "/webex/device/{device}/cancel/", "dora", ACME),
    Screen("connect-link", "{connect_link}", "carl", ACME),
    Screen("connect-link-of-somebody-else", "{connect_link}", "dora", ACME),
    Screen("connect-link-unknown", "/webex/link/nonsense/", "carl", ACME),
    Screen("test-over", "/webex/test/nonsense/", at=ACME),
    *of("alice", my_webex="/webex/profile/"),
]  # fmt: skip
PEOPLE = [
    *of(
        "pat",
        abilities="/webex/abilities/",
        subscribers="/webex/subscribers/",
        subscribers_found="/webex/subscribers/?q=ada",
        subscribers_of_an_enterprise="/webex/subscribers/?enterprise=ParkBench%2Bacme-corporation",
        subscribers_nobody="/webex/subscribers/?q=nobody-of-that-name",
        people="/webex/subscribers/people/?q=ada",
        subscriber_new="/webex/subscribers/new/",
        subscriber="{subscriber}",
        subscriber_failed="{subscriber_failed}",
        subscriber_change="{subscriber}change/",
        subscriber_remove="{subscriber}remove/",
        subscriber_gone="/webex/subscriber/nonsense/",
        enterprises="/webex/enterprises/",
        enterprises_none="/webex/enterprises/?q=nonsense",
        enterprise="/webex/enterprises/ParkBench+acme-corporation/",
        enterprise_off="/webex/enterprises/ParkBench+amber-insurance/",
        enterprise_user="/webex/enterprises/ParkBench+acme-corporation/user/",
        activation_mails="/webex/enterprises/ParkBench+acme-corporation/mails/",
        consent_mail_press_again="{subscriber}consent-mail/",
        reports="/webex/reports/",
        billing="/webex/reports/billing/",
        billing_report="{billing_report}",
        billing_failed="{billing_failed}",
        bulk="/webex/bulk/",
        bulk_new="/webex/bulk/new/",
        bulk_dry_run="/webex/bulk/{bulk_draft}/",
        bulk_finished="/webex/bulk/{bulk_done}/",
        bulk_removal="/webex/bulk/{bulk_removal}/",
        bulk_press_again="/webex/bulk/{bulk_draft}/start/",
    ),
    Screen("subscriber-new-refused", "/webex/subscribers/new/", "pat", ACME,
           (send(userId="", extension="a"),)),
    Screen("subscriber-change-refused", "{subscriber}change/", "pat", ACME,
           (send(userId="", extension="a"),)),
    Screen("subscriber-remove-refused", "{subscriber}remove/", "pat", ACME,
           (press("[name=what][value=person]"), send(typed="something else"))),
    Screen("enterprise-user-refused", "/webex/enterprises/ParkBench+amber-insurance/user/", "pat",
           ACME, (send(userId="nobody@example.com"),)),
    Screen("bulk-new-refused", "/webex/bulk/new/", "pat", ACME, (send(text="a,b\n1,2"),)),
    *(Screen(f"{name}-without-role", f"/webex/{path}", "erin", GLOBEX)
      for name, path in (("abilities", "abilities/"), ("subscribers", "subscribers/"),
                         ("people", "subscribers/people/?q=ada"), ("bulk", "bulk/"),
                         ("enterprises", "enterprises/"), ("billing", "reports/billing/"))),
    Screen("reports-not-linked", "/webex/reports/", "lisa", ACME),
]  # fmt: skip
MORE = {name: "x" * 1_100_000 for name in ("a", "b", "c")}
REFUSALS = [
    Screen("error-400", "/admin/integrations/grant/?q__regex=x", "admin"),
    Screen("error-400-unknown-host", "/", at="nobody.localhost"),
    Screen("error-403", "/webex/", "nina", ACME),
    Screen("error-403-csrf", "/sign-in/", at=ACME,
           steps=(post("/sign-in/", csrfmiddlewaretoken="old"),)),
    Screen("error-404", "/nowhere/", "alice", ACME),
    Screen("error-404-settings-elsewhere", "/admin/", at=ACME),
    Screen("error-405", "/my-account/language/", "alice", ACME),
    Screen("error-405-sign-out", "/sign-out/", "alice", ACME),
    Screen("error-413", "/sign-in/", at=ACME, steps=(post("/sign-in/", **MORE),)),
    *(Screen(name, "/my-account/", "alice", ACME, template=template)
      for name, template in (
          ("error-500", "500.html"), ("error-503-not-ready", "not-ready"),
          ("error-503-webex-busy", "integrations/webex_busy.html"),
          ("error-503-sign-in-busy", "accounts/sign_in_busy.html"),
          ("error-503-not-stored", "integrations/not_stored.html"),
          ("error-429-locked-out", "accounts/locked_out.html"),
          ("error-429-device", "integrations/device_wait.html"))),
]  # fmt: skip
NOTHING_YET = [
    Screen("empty-sign-in", "/sign-in/", is_empty=True),
    Screen("empty-home", "/", "alice", is_empty=True),
    Screen("empty-home-admin", "/", "admin", is_empty=True),
    Screen("empty-my-account", "/my-account/", "alice", is_empty=True),
    Screen("empty-webex", "/webex/", "alice", is_empty=True),
]
SCREENS = [*ACCOUNT, *LINKING, *PEOPLE, *REFUSALS, *NOTHING_YET]

# Names of URLs without a screen, and why.
NONE = {
    **dict.fromkeys(("healthz", "readyz", "background"), "for monitors"),
    "metrics": "for Prometheus",
    "brand_stylesheet": "a style sheet", "brand_logo": "a picture", "webex_status": "JSON",
    "webex_device_status": "JSON", "webex_bulk_example": "a file", "webex_bulk_result": "a file",
    "webex_export": "a file", "webex_billing_download": "a file",
    **dict.fromkeys(
        ("webex_bulk_figures", "webex_subscribers_live", "webex_subscriber_standing",
         "webex_enterprise_standing", "webex_activation_mails_standing", "webex_billing_standing"),
        "a part of another screen"),
    **dict.fromkeys(
        ("webex_device_replace",), "the same page as webex_replace"),
    **dict.fromkeys(
        ("webex_bulk_check", "webex_bulk_stop", "webex_bulk_resume", "webex_bulk_delete",
         "webex_sync_on", "webex_sync_off", "webex_sync_now", "webex_billing_delete",
         "webex_billing_order"),
        "a button's address; the page that says so is press-again"),
}  # fmt: skip
