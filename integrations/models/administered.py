"""What somebody who administers some hostnames only sees, and what of that they may change: one
rule for each model that has pages.

Whoever is not limited sees and changes what their permissions say. Nothing here gives a permission.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from integrations.actions import Action
from integrations.events import EventType
from integrations.models.api_key import ApiKey, Reach
from integrations.models.audit_event import AuditEvent
from integrations.models.branded_url import BrandedURL
from integrations.models.grant import Grant
from integrations.models.grant_event import GrantEvent
from integrations.models.identity import Identity
from integrations.models.identity_provider import IdentityProvider, SignInRule
from integrations.models.limited_administrator import LimitedAdministrator, Limits, limits_of
from integrations.models.webex_app import WebexApp
from integrations.models.webhook_delivery import WebhookDelivery
from integrations.models.webhook_endpoint import WebhookEndpoint

M = TypeVar("M", bound=models.Model)
Rows = TypeVar("Rows", bound=QuerySet[Any])
Rule = Callable[[Limits], Q]
Somebody = User | AnonymousUser | None  # None: the system


def visible(rows: Rows, by: Somebody) -> Rows:
    limits = limits_of(by)
    return rows if limits is None else rows.filter(SEEN[rows.model](limits))


def changeable(rows: Rows, by: Somebody) -> Rows:
    limits = limits_of(by)
    return rows if limits is None else rows.filter((SEEN | CHANGED)[rows.model](limits))


def may_see(obj: models.Model, by: Somebody) -> bool:
    return limits_of(by) is None or visible(_row(obj), by).exists()


def may_change(obj: models.Model, by: Somebody) -> bool:
    return limits_of(by) is None or changeable(_row(obj), by).exists()


def changeable_of(shown: Sequence[M], by: Somebody) -> Collection[M]:
    if limits_of(by) is None or not shown:
        return shown
    rows = type(shown[0])._default_manager.filter(pk__in=[each.pk for each in shown])
    return set(changeable(rows, by))


def told_of(obj: models.Model, by: Somebody) -> "QuerySet[AuditEvent]":
    """What is on record about it, the newest first. Of somebody who is theirs alone, also what was
    done at no brand's hostname; but not to what else that person was ever limited.
    """
    events = AuditEvent.objects.of(obj).newest_first()
    if (limits := limits_of(by)) is None:
        return events
    wanted = _audit(limits)
    if isinstance(obj, User) and may_change(obj, by):
        wanted |= Q(hostname__in=["", *settings.PORTAL_HOSTS]) & ~Q(action=Action.USER_LIMITED)
    return events.filter(wanted)


def may_name(user: User, app: WebexApp | None, by: Somebody) -> bool:
    """Whether they, or a program of theirs, may ask by name about this user and that integration:
    somebody of theirs, or of nobody yet; never about a grant given at a hostname of others.
    """
    if (limits := limits_of(by)) is None:
        return True
    elsewhere = Grant.objects.filter(user=user, app=app).exclude(_grants(limits))
    is_nobodys = not (user.is_staff or user.is_superuser or limits_of(user) or user.grants.exists())
    if is_nobodys:
        is_nobodys = not User.objects.filter(_signing_in_elsewhere(limits), pk=user.pk).exists()
    return not elsewhere.exists() and (is_nobodys or may_see(user, by))


def linked_at(hostnames: Collection[str]) -> Q:
    """Grants that were given there; before they remembered that, their integration did."""
    older = WebexApp.objects.filter(hostname_of_older_grants__in=hostnames)
    unnamed = Q(hostname=None, app__in=list(older.values_list("pk", flat=True)))
    return Q(hostname__in=hostnames) | unnamed


def linked_within(reach: Reach) -> Q:
    """Grants that a key is about: of its integrations, and given at its hostnames."""
    wanted = Q() if reach.app_ids is None else Q(app__in=reach.app_ids)
    if reach.hostname_ids is None:
        return wanted
    brands = BrandedURL.objects.filter(pk__in=reach.hostname_ids)
    return wanted & linked_at(list(brands.values_list("hostname", flat=True)))


def _row(obj: models.Model) -> QuerySet[Any]:
    return type(obj)._default_manager.filter(pk=obj.pk)


# --- What they see ------------------------------------------------------------------------------


def _brands(limits: Limits) -> Q:
    return Q(pk__in=limits.ids)


def _apps(limits: Limits) -> Q:
    """One that they share with others, too."""
    return Q(Exists(BrandedURL.objects.filter(app=OuterRef("pk"), pk__in=limits.ids)))


def _grants(limits: Limits) -> Q:
    """By where it was given, as all that is written about it."""
    return linked_at(limits.hostnames)


def _events(limits: Limits) -> Q:
    return Q(grant__in=Grant.objects.filter(linked_at(limits.hostnames)).values("pk"))


def _users(limits: Limits) -> Q:
    """Who linked at one of their hostnames, or administers nothing beyond these."""
    linked = Grant.objects.filter(linked_at(limits.hostnames)).values("user")
    return Q(pk__in=linked.union(_lesser_administrators(limits).values("user")))


def _lesser_administrators(limits: Limits) -> QuerySet[LimitedAdministrator]:
    some = LimitedAdministrator.hostnames.through.objects.filter(
        limitedadministrator=OuterRef("pk")
    )
    within = Exists(some.filter(brandedurl__in=limits.ids))
    return LimitedAdministrator.objects.filter(
        within, ~Exists(some.exclude(brandedurl__in=limits.ids))
    )


def _keys(limits: Limits) -> Q:
    """Limited to some of their hostnames; what is deleted counts no more."""
    others, known = _apps_of_others(limits), set(BrandedURL.objects.values_list("pk", flat=True))
    chosen = ApiKey.objects.values_list("pk", "hostname_ids", "app_ids")
    ours = [
        pk
        for pk, ids, app_ids in chosen
        if _is_within(known.intersection(ids or ()), limits.ids)
        and others.isdisjoint(app_ids or ())
    ]
    return Q(pk__in=ours)


def _webhooks(limits: Limits) -> Q:
    others = _apps_of_others(limits)
    chosen = WebhookEndpoint.objects.values_list("pk", "hostnames", "app_ids")
    ours = [
        pk
        for pk, names, app_ids in chosen
        if _is_within({*names}, limits.hostnames) and others.isdisjoint(app_ids)
    ]
    return Q(pk__in=ours)


def _apps_of_others(limits: Limits) -> set[int]:
    return set(WebexApp.objects.exclude(_apps(limits)).values_list("pk", flat=True))


def _deliveries(limits: Limits) -> Q:
    """What was sent before the webhook was limited may be about others."""
    ours = WebhookEndpoint.objects.filter(_webhooks(limits))
    told = Q(hostname__in=limits.hostnames) | Q(event_type=EventType.TEST)
    return told & Q(endpoint__in=list(ours.values_list("pk", flat=True)))


def _audit(limits: Limits) -> Q:
    """What happened at their hostnames or to what is theirs alone. No subquery stands in it, so
    that indexes find the newest among millions."""
    wanted = Q(hostname__in=limits.hostnames)
    for rule, model in ((_brands, BrandedURL), (_whole_apps, WebexApp), (_keys, ApiKey),
                        (_webhooks, WebhookEndpoint)):  # fmt: skip
        ids = model._default_manager.filter(rule(limits)).values_list("pk", flat=True)
        wanted |= Q(object_type=model._meta.model_name, object_id__in=[str(pk) for pk in ids])
    return wanted


def _nothing(limits: Limits) -> Q:
    return Q(pk__in=[])


def _is_within(some: set[Any], all_of_it: frozenset[Any]) -> bool:
    return bool(some) and some <= all_of_it


SEEN: dict[type[models.Model], Rule] = {
    ApiKey: _keys,
    AuditEvent: _audit,
    BrandedURL: _brands,
    Grant: _grants,
    GrantEvent: _events,
    Group: _nothing,
    Identity: _nothing,
    IdentityProvider: _nothing,
    User: _users,
    WebexApp: _apps,
    WebhookDelivery: _deliveries,
    WebhookEndpoint: _webhooks,
}


# --- What of it they change ---------------------------------------------------------------------


def _whole_apps(limits: Limits) -> Q:
    of_others = BrandedURL.objects.filter(app=OuterRef("pk")).exclude(pk__in=limits.ids)
    return _apps(limits) & ~Q(Exists(of_others))


def _users_of_nobody_else(limits: Limits) -> Q:
    """Nobody who administers more, and nobody who has linked or signs in elsewhere, too."""
    elsewhere = Grant.objects.filter(user=OuterRef("pk")).exclude(_grants(limits))
    lesser = Q(pk__in=_lesser_administrators(limits).values("user"))
    is_plain = Q(is_staff=False, limited_administrator=None)
    is_elsewhere = Q(Exists(elsewhere)) | _signing_in_elsewhere(limits)
    return _users(limits) & Q(is_superuser=False) & (lesser | is_plain) & ~is_elsewhere


def _signing_in_elsewhere(limits: Limits) -> Q:
    """Whom the provider of another hostname knows, or of the portal's own and none of theirs."""
    served = BrandedURL.objects.exclude(identity_provider=None)
    of_ours = served.filter(pk__in=limits.ids).values("identity_provider")
    of_others = served.exclude(pk__in=limits.ids).values("identity_provider")
    of_portal = ~Q(provider__portal_rule=SignInRule.PASSWORD) & ~Q(provider__in=of_ours)
    known = Identity.objects.filter(of_portal | Q(provider__in=of_others))
    return Q(Exists(known.filter(user=OuterRef("pk"))))


CHANGED: dict[type[models.Model], Rule] = {
    User: _users_of_nobody_else,
    WebexApp: _whole_apps,
}
