"""What administrators see under Settings → Webex: every list, form, tab, question and refusal."""

from tests.e2e.screens.screen import Screen, choose, go, post, press, send, stay, tick, wait

MODELS = {  # what may be done to each by hand, besides its list
    "integrations/webexapp": ("add", "history", "delete", "change"),
    "integrations/brandedurl": ("add", "history", "delete", "change"),
    "integrations/grant": ("change",),
    "integrations/grantevent": (),
    "integrations/webhookendpoint": ("add", "history", "delete", "change"),
    "integrations/webhookdelivery": ("change",),
    "integrations/apikey": ("add", "change"),
    "integrations/auditevent": (),
    "integrations/identityprovider": ("add", "history", "delete", "change"),
    "integrations/identity": ("add", "history", "delete", "change"),
    "accounts/user": ("add", "history", "delete", "change"),
    "auth/group": ("add", "history", "delete", "change"),
}


def settings(who: str = "admin", **paths: str) -> list[Screen]:
    return [Screen(f"settings-{name.replace('_', '-')}", f"/admin/{path}", who)
            for name, path in paths.items()]  # fmt: skip


def at(name: str, path: str, *steps, shows: tuple[str, ...] = (), who: str = "admin") -> Screen:
    return Screen(f"settings-{name}", f"/admin/{path}", who, steps=steps, shows=shows)


def _of_each_model() -> list[Screen]:
    found = []
    for path, pages in MODELS.items():
        name = path.rpartition("/")[2]
        found += settings(**{name: f"{path}/"})
        for page in pages:
            place = f"{path}/add/" if page == "add" else f"{path}/{{{name}}}/{page}/"
            found += settings(**{f"{name}_{page}": place})
    return found


APP, LARGE = "integrations/webexapp/{webexapp}/change/", "integrations/webexapp/{large}/change/"
INTEGRATIONS = [
    *settings(
        integration_urls=f"{APP}#urls",
        integration_redirect_uris=f"{APP}#redirect-uris",
        integration_200_urls=f"{LARGE}#urls",
        integration_200_redirect_uris=f"{LARGE}#redirect-uris",
        integration_200_nothing_found=f"{LARGE}?find=nothing#redirect-uris",
        integration_2000="integrations/webexapp/{largest}/change/#redirect-uris",
        integration_paused="integrations/webexapp/{paused}/change/",
        integration_begun="integrations/webexapp/{begun}/change/",
        integration_begun_urls="integrations/webexapp/{begun}/change/#urls",
        integration_delete_free="integrations/webexapp/{begun}/delete/",
        integration_clone="integrations/webexapp/{webexapp}/clone/",
        integrations_nothing_found="integrations/webexapp/?q=nobody",
        brandedurls_found="integrations/brandedurl/?q=customers-of-200",
        brandedurl_delete_free="integrations/brandedurl/{free}/delete/",
    ),
    *settings("support", integration_seen_only=APP, grant_seen_by_support="integrations/grant/",
              overview_of_support=""),
    at("integration-refused", APP, press("#tab-urls"), send(new_hostnames="https://x/"),),
    at("integration-general-refused", APP, send(name="", authorization_url="http://x")),
    at("integration-new-refused", "integrations/webexapp/add/", send(name="")),
    at("integration-enable-refused", "integrations/webexapp/{begun}/change/",
       send(is_enabled=True)),
    at("integration-clone-refused", "integrations/webexapp/{webexapp}/clone/", send(name="")),
    at("brandedurl-refused", "integrations/brandedurl/add/",
       send(hostname="https://x")),
    at("taking-you-to-the-test", APP, stay,
       post("/admin/integrations/webexapp/{webexapp}/test/{brandedurl}/"),
       shows=("admin:integrations_webexapp_test",)),
    at("test-result", APP, post("/admin/integrations/webexapp/{webexapp}/test/{brandedurl}/"),
       wait("**/idb/**"), choose("Alice Adams"),
       go("button[value=accept]"), shows=("webex_test",)),
    at("test-declined", APP, post("/admin/integrations/webexapp/{webexapp}/test/{brandedurl}/"),
       wait("**/idb/**"), choose("Alice Adams"),
       go("button[value=decline]")),
]  # fmt: skip
GRANTS = [
    *settings(
        grants_failing="integrations/grant/?horizon=failing",
        grants_lost="integrations/grant/?status__exact=CONSENT_LOST",
        grants_nothing_found="integrations/grant/?q=nobody",
        grants_last_page="integrations/grant/?p=2",
        grant_failing="integrations/grant/{grant_failing}/change/",
        grant_lost="integrations/grant/{grant_lost}/change/",
        grant_long_name="integrations/grant/{grant_long}/change/",
        events_of_a_kind="integrations/grantevent/?kind__exact=LINKED",
        deliveries_given_up="integrations/webhookdelivery/?state__exact=GIVEN_UP",
        delivery_given_up="integrations/webhookdelivery/{given_up}/change/",
    ),
    at("grants-selected", "integrations/grant/", tick(3)),
    at("grants-disconnect", "integrations/grant/", tick(12), go("button[value=disconnect]")),
    at("grants-renew", "integrations/grant/", tick(1), go("button[value=refresh_now]")),
]
PEOPLE = [
    *settings(
        overview="",
        keys="keys/",
        who_gets_what="who-gets-what/",
        who_gets_webex="who-gets-what/?username=alice&hostname=acme.localhost",
        who_gets_nothing="who-gets-what/?username=nina&hostname=acme.localhost",
        who_is_nobody="who-gets-what/?username=x&hostname=nobody.example.com",
        password_again="password-again/",
        second_factor_set_up="second-factor-set-up/",
        app_list="integrations/",
        change_password="password_change/",
        password_changed="password_change/done/",
        user_password="accounts/user/{user}/password/",
        user_linked="accounts/user/{user_long}/change/",
        users_found="accounts/user/?q=user0",
        users_nothing_found="accounts/user/?q=nobody-of-that-name",
        audit_of_a_person="integrations/auditevent/?q=alice&since=2020-01-01",
        audit_nothing_found="integrations/auditevent/?q=nobody",
        webhook_in_trouble="integrations/webhookendpoint/{webhook_off}/change/",
        webhook_secret="integrations/webhookendpoint/{webhookendpoint}/secret/",
        apikey_revoked="integrations/apikey/{apikey_revoked}/change/",
        nowhere="nowhere/",
        nobody_with_that_number="accounts/user/4711/change/",
    ),
    *settings("sigrid", second_factor="second-factor/"),
    *settings("nina", not_for_users=""),
    Screen("settings-sign-in", "/admin/login/"),
    Screen("settings-sign-in-refused", "/admin/login/",
           steps=(send(username="mallory", password="wrong"),)),
    at("second-factor-refused", "second-factor/", send(code="000000"), who="sigrid"),
    at("second-factor-set-up-refused", "second-factor-set-up/",
       post("/admin/second-factor-set-up/", action="begin"), send(code="000000")),
    at("password-again-refused", "password-again/", send(password="wrong")),
    at("change-password-refused", "password_change/",
       send(old_password="x", new_password1="a", new_password2="b")),
    at("user-new-refused", "accounts/user/add/", send(username="alice", password1="a")),
    at("user-refused", "accounts/user/{user}/change/", send(username="", email="x")),
    at("user-password-refused", "accounts/user/{user}/password/", send(password1="a")),
    at("identityprovider-refused", "integrations/identityprovider/add/", send(name="")),
    at("identity-refused", "integrations/identity/add/", send(subject="")),
    at("group-refused", "auth/group/add/", send(name="")),
    at("webhook-refused", "integrations/webhookendpoint/add/", send(name="", url="x")),
    at("apikey-refused", "integrations/apikey/add/", send(name="")),
    at("apikey-shown-once", "integrations/apikey/add/", press("[name=may]"), send(name="CRM")),
    at("webhook-deleted-wrong-name", "integrations/webhookendpoint/{webhookendpoint}/delete/",
       send(typed_name="x")),
    at("not-by-get", "integrations/webexapp/{webexapp}/disable/"),
]  # fmt: skip
NOTHING_YET = [
    *(Screen(f"empty-{path.rpartition('/')[2]}", f"/admin/{path}/", "admin", is_empty=True)
      for path in MODELS),
    *(Screen(f"empty-{name}", f"/admin/{path}", "admin", is_empty=True)
      for name, path in (("overview", ""), ("keys", "keys/"),
                         ("integration-new", "integrations/webexapp/add/"),
                         ("apikey-new", "integrations/apikey/add/"),
                         ("webhook-new", "integrations/webhookendpoint/add/"))),
]  # fmt: skip
SCREENS = [*_of_each_model(), *INTEGRATIONS, *GRANTS, *PEOPLE, *NOTHING_YET]

# Names of URLs without a screen, and why. What nobody may do by hand leads to a refusal.
NONE = {
    "admin:logout": "only a button's address", "admin:autocomplete": "JSON",
    "admin:jsi18n": "a script",
    "admin:integrations_auditevent_export": "a file",
    "admin:integrations_brandedurl_logo": "a picture",
    "admin:integrations_webexapp_hostnames": "JSON", "admin:accounts_user_hostnames": "JSON",
    "admin:integrations_webexapp_redirect_uris": "plain text",
    **dict.fromkeys(
        ("admin:integrations_webexapp_forget_secret", "admin:integrations_webexapp_resume",
         "admin:integrations_apikey_rotate",
         "admin:integrations_apikey_revoke", "admin:integrations_apikey_take_over",
         "admin:integrations_identityprovider_check",
         "admin:integrations_webhookdelivery_send_again",
         "admin:integrations_webhookendpoint_test", "admin:integrations_webhookendpoint_switch_on"),
        "only a button's address; what says so is not-by-get"),
    **dict.fromkeys(
        (f"admin:{path.replace('/', '_')}_{page}" for path, pages in MODELS.items()
         for page in ("add", "change", "history", "delete") if page not in pages),
        "nobody does that by hand"),
}  # fmt: skip
