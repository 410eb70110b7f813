"""The stand-in for Webex: where people sign in and consent, and where developers try things."""

from tests.e2e.screens.screen import SANDBOX, WEBEX, Screen, choose, send

SCREENS = [
    Screen("sandbox-apps", "/my-apps/", at=SANDBOX),
    Screen("sandbox-app-new", "/my-apps/new", at=SANDBOX),
    Screen("sandbox-app-new-refused", "/my-apps/new", at=SANDBOX,
           steps=(send("[value=create]", name="", redirect_uris="http://x"),)),
    Screen("sandbox-app", "/my-apps/{sandbox_app}", at=SANDBOX),
    Screen("sandbox-app-gone", "/my-apps/nonsense", at=SANDBOX),
    Screen("sandbox-control", "/sandbox/", at=SANDBOX),
    Screen("sandbox-control-refused", "/sandbox/", at=SANDBOX,
           steps=(send(rotation="none", grace_seconds="-1"),)),
    Screen("webex-sign-in", "{authorization}", at=SANDBOX),
    Screen("webex-sign-in-unknown", "{authorization}", at=SANDBOX,
           steps=(send("", email="nobody@example.com"),)),
    Screen("webex-consent", "{authorization}", at=SANDBOX, steps=(choose("Alice Adams"),)),
    Screen("webex-sign-in-over", "/idb/sign-in?transaction=x", at=WEBEX),
    Screen("webex-redirect-uri-unknown", "{authorization_elsewhere}", at=SANDBOX),
    Screen("webex-device", "/verify", at=SANDBOX),
    Screen("webex-device-unknown-code", "/verify", at=SANDBOX, steps=(send(user_code="x"),)),
    Screen("webex-device-sign-in", "{verification}", at=SANDBOX),
    Screen("webex-device-consent", "{verification}", at=SANDBOX, steps=(choose("Alice Adams"),)),
]  # fmt: skip
