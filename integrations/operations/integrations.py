"""What an admin does to an integration: save it with its hostnames, clone it."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q

from integrations.linking import disconnection
from integrations.models import BrandedURL, WebexApp
from integrations.renewal import client_probe, outcomes

SECRET_COLUMNS = {"client_secret", "client_secret_set_at", "client_secret_fingerprint"}
CLIENT_COLUMNS = {"client_answer", "refresh_paused_until", "pause_reason", "pause_count"}


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
    columns = changed & {field.name for field in WebexApp._meta.concrete_fields}
    if "authorization_url" in columns:
        app.authorization_url_pasted_at = now
        columns |= {"authorization_url_pasted_at", "client_id"}
    previous = app.client_secret_set_at
    is_new_client = bool(secret) or _has_new_client_id(app)
    if secret:
        app.replace_secret(secret, now=now)
        columns |= SECRET_COLUMNS
    if is_new_client:
        app.forget_client_answer()
        columns |= CLIENT_COLUMNS
    with transaction.atomic():
        app.save(update_fields={*columns, "updated_at"} if app.pk else None)
        if is_new_client and app.client_secret_set_at:
            outcomes.try_again(app, since=previous, now=now)
            # After the commit, for it asks Webex: a clue for the page, which blocks nothing.
            transaction.on_commit(partial(client_probe.check, app, now=now), robust=True)
        disconnection.withdraw_questions(Q(app=app) & ~Q(client_id=app.client_id))
        return _assign(app, hostnames, now)


def _has_new_client_id(app: WebexApp) -> bool:
    return WebexApp.objects.filter(pk=app.pk).exclude(client_id=app.client_id).exists()


def _assign(app: WebexApp, chosen: Hostnames, now: datetime) -> list[str]:
    new = [BrandedURL(hostname=hostname) for hostname in sorted(chosen.new)]
    BrandedURL.objects.bulk_create(new, ignore_conflicts=True)
    wanted = chosen.added | chosen.new
    # In one order, or two admins who want the same hostnames would wait for each other.
    rows = BrandedURL.objects.filter(hostname__in=wanted | chosen.removed).order_by("hostname")
    keys = dict(rows.select_for_update().values_list("hostname", "pk"))
    BrandedURL.objects.release([keys[name] for name in chosen.removed & set(keys)], app=app)
    BrandedURL.objects.take([keys[name] for name in wanted & set(keys)], app=app, now=now)
    ours = app.branded_urls.filter(pk__in=keys.values()).values_list("hostname", flat=True)
    return sorted(wanted - set(ours))


def clone(source: WebexApp, *, name: str) -> WebexApp:
    """Starts disabled, without hostnames (one integration each) and without the secret."""
    return WebexApp.objects.create(
        name=name,
        client_id=source.client_id,
        authorization_url=source.authorization_url,
        authorization_url_pasted_at=source.authorization_url_pasted_at,
        default_provisioning_id=source.default_provisioning_id,
    )


def disable(app: WebexApp) -> None:
    WebexApp.objects.filter(pk=app.pk).update(is_enabled=False)
