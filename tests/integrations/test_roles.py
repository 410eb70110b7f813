"""Four roles come with the installation, and none of them gets more than its name says."""

from django.contrib.auth.models import Group


def permissions(group: str) -> set[str]:
    return set(Group.objects.get(name=group).permissions.values_list("codename", flat=True))


def test_support_acts_on_grants_and_changes_nothing_else(db):
    assert permissions("Webex support") == {
        "view_webexapp", "view_grant", "view_grantevent", "view_brandedurl",
        "refresh_grant", "disconnect_grant",
    }  # fmt: skip


def test_provisioning_administrators_run_the_integrations(db):
    added = permissions("Provisioning administrators") - permissions("Webex support")

    assert added == {"view_user"} | {
        f"{verb}_{model}"
        for verb in ("add", "change", "delete")
        for model in ("webexapp", "brandedurl")
    }


def test_neither_of_them_uses_webex_by_that(db):
    both = permissions("Webex support") | permissions("Provisioning administrators")

    assert "use_webex" not in both


def test_user_administrators_manage_people_and_see_no_integration(db):
    assert permissions("User administrators") == {
        "add_user", "change_user", "view_user", "use_webex"
    }  # fmt: skip
