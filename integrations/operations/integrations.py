"""What an admin does to an integration: save it with its hostnames, clone, resume, disable it, …"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.actions import Action
from integrations.errors import CannotResume
from integrations.linking import disconnection
from integrations.models import AuditEvent, BrandedURL, Grant, WebexApp
from integrations.operations.causes import Cause
from integrations.operations.renewals import in_words
from integrations.plain_text import grouped
from integrations.renewal import client_probe, outcomes
from integrations.renewal.refusal_policy import Client
from integrations.webex.answers import TOKEN_LIMIT

PREVIOUS_SECRET = (
    "previous_client_secret", "previous_client_secret_fingerprint",
    "previous_client_secret_used_at",
)  # fmt: skip
SECRET_COLUMNS = {
    "client_secret", "client_secret_set_at", "client_secret_fingerprint", *PREVIOUS_SECRET,
}  # fmt: skip
CLIENT_COLUMNS = {"client_answer", "refresh_paused_until", "pause_reason", "pause_count"}
SECRET_KEPT_FOR = timedelta(days=14)  # after it was last of use; longer than any renewal waits


@dataclass(frozen=True)
class Hostnames:
    """The difference to what a page showed, by name; `new` may have no row yet."""

    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()


def save(
    app: WebexApp,
    *,
    secret: str,
    changed: set[str],
    now: datetime,
    hostnames: Hostnames = Hostnames(),
) -> list[str]:
    """Returns the hostnames that somebody else took or deleted in the meantime.

    Only what was `changed` is written: a worker may have paused the integration meanwhile.
    """
    edited = changed & {field.name for field in WebexApp._meta.concrete_fields}
    columns = set(edited)
    if "authorization_url" in columns:
        app.authorization_url_pasted_at = now
        columns |= {"authorization_url_pasted_at", "client_id"}
    is_new, previous = app.pk is None, app.client_secret_set_at
    is_new_client = _has_new_client_id(app)
    if is_new_client:
        edited.add("client_id")  # the pasted URL may have filled it in
    if is_new_client or secret:
        columns |= SECRET_COLUMNS | CLIENT_COLUMNS
    with transaction.atomic():
        _set_secret(app, secret, is_new_client=is_new_client, now=now)
        app.save(update_fields=None if is_new else {*columns, "updated_at"})
        _record_saved(app, is_new=is_new, changed=edited, has_secret=bool(secret), now=now)
        if (is_new_client or secret) and app.client_secret_set_at:
            outcomes.try_again(app, since=previous, now=now)
            # After the commit, for it asks Webex: a clue for the page, which blocks nothing.
            transaction.on_commit(partial(client_probe.check, app, now=now), robust=True)
        disconnection.withdraw_questions(Q(app=app) & ~Q(client_id=app.client_id))
        return _assign(app, hostnames, now)


def _record_saved(
    app: WebexApp, *, is_new: bool, changed: set[str], has_secret: bool, now: datetime
) -> None:
    if is_new or changed:
        action = Action.INTEGRATION_ADDED if is_new else Action.INTEGRATION_CHANGED
        AuditEvent.objects.record(action, app, changed=changed, now=now)
    if has_secret:
        AuditEvent.objects.record(Action.SECRET_SET, app, changed=["client_secret"], now=now)


def _set_secret(app: WebexApp, secret: str, *, is_new_client: bool, now: datetime) -> None:
    if app.pk and (secret or is_new_client):
        # As stored: since the page was opened a colleague may have set one, or a worker tried them.
        stored = WebexApp.objects.select_for_update(no_key=True)
        app.refresh_from_db(fields=SECRET_COLUMNS | CLIENT_COLUMNS, from_queryset=stored)
    if secret:
        app.replace_secret(secret, now=now)
    if is_new_client:  # the secrets of one client are of no use to another
        app.forget_previous_secret()
        app.forget_client_answer()


def forget_previous_secret(app: WebexApp, *, now: datetime) -> bool:
    """Not while Webex accepts no other. Whether it was there and is gone."""
    with transaction.atomic():
        rows = WebexApp.objects.filter(pk=app.pk, previous_client_secret__isnull=False)
        kept = rows.exclude(client_answer=Client.PREVIOUS)
        if is_forgotten := bool(kept.update(**dict.fromkeys(PREVIOUS_SECRET))):
            changed = ["previous_client_secret"]
            AuditEvent.objects.record(Action.SECRET_FORGOTTEN, app, changed=changed, now=now)
    return is_forgotten


def forget_unused_secrets(*, now: datetime) -> None:
    unused = WebexApp.objects.filter(previous_client_secret_used_at__lt=now - SECRET_KEPT_FOR)
    for app in unused:
        forget_previous_secret(app, now=now)


def _has_new_client_id(app: WebexApp) -> bool:
    return WebexApp.objects.filter(pk=app.pk).exclude(client_id=app.client_id).exists()


def _assign(app: WebexApp, chosen: Hostnames, now: datetime) -> list[str]:
    known = BrandedURL.objects.filter(hostname__in=chosen.new).values_list("hostname", flat=True)
    new = [BrandedURL(hostname=hostname) for hostname in sorted(chosen.new - set(known))]
    BrandedURL.objects.bulk_create(new, ignore_conflicts=True)
    wanted = chosen.added | chosen.new
    # In one order, or two admins who want the same hostnames would wait for each other.
    rows = BrandedURL.objects.filter(hostname__in=wanted | chosen.removed).order_by("hostname")
    brands = list(rows.select_for_update().defer("logo"))
    created = {brand.hostname for brand in new}
    AuditEvent.objects.record_each(
        Action.HOSTNAME_ADDED, [each for each in brands if each.hostname in created], now=now
    )
    leaving = [b for b in brands if b.hostname in chosen.removed and b.app_id == app.pk]
    coming = [b for b in brands if b.hostname in wanted and b.app_id is None]
    BrandedURL.objects.release([brand.pk for brand in leaving], app=app)
    _record_moved(leaving, f"{app.name} → –", now)
    BrandedURL.objects.take([brand.pk for brand in coming], app=app, now=now)
    _record_moved(coming, f"– → {app.name}", now)
    ours = {brand.hostname for brand in brands if brand.app_id == app.pk} - chosen.removed
    return sorted(wanted - ours - {brand.hostname for brand in coming})


def _record_moved(brands: Iterable[BrandedURL], reason: str, now: datetime) -> None:
    action = Action.HOSTNAME_MOVED
    AuditEvent.objects.record_each(action, brands, changed=["app"], reason=reason, now=now)


def ask_before_new_client(app: WebexApp) -> str:
    """Empty where nobody minds: Webex renews a token for no other client than its own."""
    linked = Grant.objects.active().filter(app=app.pk).count()
    text = ngettext(
        "%s user is linked with the present client ID and would have to link again.",
        "%s users are linked with the present client ID and would have to link again.",
        linked,
    )
    return text % grouped(linked) if linked else ""


def clone(source: WebexApp, *, name: str, now: datetime) -> WebexApp:
    """Starts disabled, without hostnames (one integration each) and without the secret."""
    with transaction.atomic():
        copy = WebexApp.objects.create(
            name=name,
            client_id=source.client_id,
            authorization_url=source.authorization_url,
            authorization_url_pasted_at=source.authorization_url_pasted_at,
            default_provisioning_id=source.default_provisioning_id,
        )
        AuditEvent.objects.record(Action.INTEGRATION_ADDED, copy, reason=source.name, now=now)
    return copy


def resume(app: WebexApp, *, now: datetime) -> None:
    """Tried now instead of when its pause ends, as after every pause: with a renewal or two, and
    paused anew where these fail. What waits after a failure of its own is due with it.

    Raises CannotResume, also where Webex said for how long to wait (RFC 9110 section 10.2.3).
    """
    with transaction.atomic():
        stored = WebexApp.objects.select_for_update(no_key=True).get(pk=app.pk)
        cause, until = Cause.of(stored.pause_reason), stored.refresh_paused_until
        if until is None or not stored.is_paused(now) or not stored.is_enabled:
            raise CannotResume(_("“%s” is not paused, so nothing was changed.") % stored)
        if cause.is_a_wait:
            values = {"name": stored, "until": in_words(until, now)}
            text = _("Webex asked “%(name)s” to wait until %(until)s, so nothing is asked before.")
            raise CannotResume(text % values)
        # The reason stays: it is why the first to ask is careful. The pauses grow anew.
        WebexApp.objects.filter(pk=app.pk).update(refresh_paused_until=now, pause_count=0)
        waiting = Grant.objects.failing().filter(app=app, refresh_due_at__gt=now)
        waiting.exclude(last_error=TOKEN_LIMIT).update(refresh_due_at=now)
        asked = Action.INTEGRATION_RESUME_ASKED
        AuditEvent.objects.record(asked, stored, reason=cause.reason, now=now)


def disable(app: WebexApp, *, now: datetime) -> None:
    with transaction.atomic():
        if WebexApp.objects.filter(pk=app.pk, is_enabled=True).update(is_enabled=False):
            changed = ["is_enabled"]
            AuditEvent.objects.record(Action.INTEGRATION_CHANGED, app, changed=changed, now=now)


def delete(app: WebexApp, *, now: datetime) -> None:
    with transaction.atomic():
        AuditEvent.objects.record(Action.INTEGRATION_DELETED, app, now=now)
        app.delete()
