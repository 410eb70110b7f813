"""How a user stands at a hostname: one statement, written out because every page asks it.

Whatever it answers is as it is now: the hostname's integration, the right, and the grant, whose
tokens stay where they are until somebody asks for them.
"""

from dataclasses import dataclass

from accounts.models import User
from integrations import authorization_url
from integrations.models import entitlement
from integrations.models.grant import Grant

UNREAD = ("access_token", "refresh_token", "capability")
COLUMNS = ", ".join(
    f"its.{field.column}" for field in Grant._meta.concrete_fields if field.name not in UNREAD
)
STATEMENT = f"""
    SELECT {COLUMNS}, app.id AS offered, app.is_enabled, app.authorization_url,
           person.id AS whose, {entitlement.MAY_USE_WEBEX} AS may
    FROM accounts_user person
    LEFT JOIN integrations_brandedurl brand ON brand.id = %s
    LEFT JOIN integrations_webexapp app ON app.id = brand.app_id
    LEFT JOIN integrations_grant its ON its.user_id = person.id AND its.app_id = app.id
"""  # noqa: S608  names of columns
OF_ID, OF_NAME = f"{STATEMENT} WHERE person.id = %s", f"{STATEMENT} WHERE person.username = %s"


@dataclass(frozen=True)
class Standing:
    may_use_webex: bool
    is_offered: bool  # the hostname has an integration, and it is enabled
    asked_scopes: tuple[str, ...]
    grant: Grant | None


def of_user(user: User, brand_id: int | None) -> Standing:
    found = _read(OF_ID, brand_id, user.pk)
    return found or Standing(False, False, (), None)  # deleted meanwhile


def of_username(username: str, brand_id: int | None) -> Standing | None:
    """None where there is no such user."""
    return _read(OF_NAME, brand_id, username)


def _read(statement: str, brand_id: int | None, who: int | str) -> Standing | None:
    for grant in Grant.objects.raw(statement, [brand_id, who]):
        beside = vars(grant)
        may = bool(beside["may"])
        if not entitlement.is_known_in_sql():
            may = User.objects.get(pk=beside["whose"]).has_perm("integrations.use_webex")
        is_offered = bool(beside["offered"] and beside["is_enabled"])
        asked = authorization_url.scopes(beside["authorization_url"]) if is_offered else ()
        return Standing(may, is_offered, asked, grant if grant.pk else None)
    return None
