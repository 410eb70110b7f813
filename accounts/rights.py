"""What somebody may do, read from Django's tables in one query, where Django needs two."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db import connection

# Ids of permissions, of a row of accounts_user that is called `person`.
HELD = """
    SELECT own.permission_id FROM accounts_user_user_permissions own
    WHERE own.user_id = person.id
    UNION ALL
    SELECT of_group.permission_id FROM accounts_user_groups member
    JOIN auth_group_permissions of_group ON of_group.group_id = member.group_id
    WHERE member.user_id = person.id
"""
NAMES = f"""
    SELECT person.id, kind.app_label, its.codename FROM accounts_user person
    JOIN auth_permission its ON its.id IN ({HELD})
    JOIN django_content_type kind ON kind.id = its.content_type_id
    WHERE person.id IN ({{people}})
"""  # noqa: S608  constants and placeholders


def learn(people: Collection[Any]) -> None:
    """What several users may do, in one query: `has_perm` needs none of its own then."""
    asked = {each.pk: each for each in people if each.is_active and not each.is_superuser}
    for each in asked.values():
        each._perm_cache = set()  # where ModelBackend looks, too: for one request
    if asked:
        with connection.cursor() as cursor:
            cursor.execute(NAMES.format(people=", ".join(["%s"] * len(asked))), list(asked))
            for pk, app, codename in cursor.fetchall():
                asked[pk]._perm_cache.add(f"{app}.{codename}")


class RightsBackend(ModelBackend):
    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        is_known = hasattr(user_obj, "_perm_cache") or user_obj.is_superuser
        if is_known or not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        learn([user_obj])
        return set(user_obj._perm_cache)
