"""How a user stands at a hostname: one statement, written out because every page asks it.

Whatever it answers is as it is now: the hostname's integration, the right, and the grant, whose
tokens stay where they are until somebody asks for them.
"""

from dataclasses import dataclass

from accounts.models import User
from accounts.statement import Statement
from integrations import authorization_url
from integrations.models import entitlement
from integrations.models.grant import Grant

FACTS = f"app.is_enabled, app.authorization_url, person.id, {entitlement.MAY_USE_WEBEX}"
AT_THE_HOSTNAME = """
    LEFT JOIN integrations_brandedurl brand ON brand.id = %s
    LEFT JOIN integrations_webexapp app ON app.id = brand.app_id
    LEFT JOIN integrations_grant theirs ON theirs.user_id = person.id AND theirs.app_id = app.id
"""
OF_WHOM = f"SELECT {{theirs}}, {FACTS} FROM accounts_user person {AT_THE_HOSTNAME} WHERE person"  # noqa: S608
SHOWN = {
    "theirs": (
        "id", "user", "app", "status", "scope", "person_email", "person_name", "org_name",
        "granted_at", "refreshed_at", "refresh_due_at", "failing_since", "last_error",
    ),
}  # fmt: skip
BY_ID = Statement(f"{OF_WHOM}.id = %s", reads=SHOWN, theirs=Grant)
BY_NAME = Statement(f"{OF_WHOM}.username = %s", reads=SHOWN, theirs=Grant)


@dataclass(frozen=True)
class Standing:
    may_use_webex: bool
    is_offered: bool  # the hostname has an integration, and it is enabled
    asked_scopes: tuple[str, ...]
    grant: Grant | None


def of_user(user: User, brand_id: int | None) -> Standing:
    found = _read(BY_ID, brand_id, user.pk)
    return found or Standing(False, False, (), None)  # deleted meanwhile


def of_username(username: str, brand_id: int | None) -> Standing | None:
    """None where there is no such user."""
    return _read(BY_NAME, brand_id, username)


def _read(statement: Statement, brand_id: int | None, who: int | str) -> Standing | None:
    found = statement.first(brand_id, who)
    return of_facts(*found) if found else None


def of_facts(
    grant: Grant | None, is_enabled: bool | None, url: str | None, user_id: int, may: bool | None
) -> Standing:
    """From what was selected: `theirs` and FACTS."""
    if not entitlement.is_known_in_sql():
        may = User.objects.get(pk=user_id).has_perm("integrations.use_webex")
    asked = authorization_url.scopes(url) if is_enabled and url else ()
    return Standing(bool(may), bool(is_enabled), asked, grant)
