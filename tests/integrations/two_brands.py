"""Two brands in one installation, and an integration that they share.

Whatever belongs to Globex alone has MARK in every text of it, so that no page of Acme's
administrator may show it. Ally linked at Acme, Zoe at Globex, Dora at both; Shirley and Sharon
linked with the shared integration, each at the hostname of her brand.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import CharField, Model, TextField

from accounts.models import User
from integrations import clock
from integrations.actions import Action
from integrations.models import (
    ApiKey,
    AppIncident,
    AuditEvent,
    AuthorizationRequest,
    BrandedURL,
    BulkJob,
    ConnectLink,
    DeviceAuthorization,
    Grant,
    GrantEvent,
    IdentityProvider,
    WatchedSubscriber,
    WebexApp,
    WebhookDelivery,
    WebhookEndpoint,
)
from integrations.operations import limits
from integrations.scopes import MINIMUM
from integrations.tokens import Person, TokenSet

MARK = "zzglobexzz"
FOUND_BY = MARK[:-1]  # what is searched for is shown again
PASTED = (
    "https://webexapis.com/v1/authorize?client_id={0}&response_type=code"
    "&redirect_uri=https%3A%2F%2F{1}.example.com%2Fwebex%2Fcallback%2F&scope={2}"
)


class World:
    """`globex` has the rows of which Anna must change none, `ours` those that are hers."""

    def __init__(self) -> None:
        self.now = clock.now()
        self.globex: list[Model] = []
        self.ours: list[Model] = []
        self.brands = {
            f"{name}.example.com": BrandedURL.objects.create(
                hostname=f"{name}.example.com",
                brand_name=name,
                logo=name.encode(),
                logo_digest=name,
            )
            for name in ("acme-1", "acme-2", "acme-shared", MARK, f"{MARK}-shared")
        }
        x, y, shared, z, shared_z = self.brands.values()
        self.acme = self._app("Acme", "acme", x, y)
        self.foreign = self._app(f"{MARK} app", MARK, z)
        self.shared = self._app("Both", MARK, shared, shared_z)
        self.hers, self.theirs = [x, y, shared], [z, shared_z]
        self._people(x, z, shared, shared_z)
        self._programs(x, z)
        self._under_way(z)
        self.globex += [*self.theirs, self.foreign, self.shared]
        self.ours += [*self.hers, self.acme]
        _plant(row for row in self.globex if row is not self.shared)

    def _app(self, name: str, word: str, *brands: BrandedURL) -> WebexApp:
        client_id = name.replace(" ", "-")
        url = PASTED.format(client_id, word, "+".join(MINIMUM))
        app = WebexApp.objects.create(name=name, client_id=client_id, authorization_url=url)
        app.replace_secret(f"secret of {name}", now=self.now)
        app.is_enabled = True
        app.save()
        BrandedURL.objects.filter(pk__in=[each.pk for each in brands]).update(app=app)
        AppIncident.objects.create(app=app, reason=word, began_at=self.now)
        AuditEvent.objects.record(Action.INTEGRATION_CHANGED, app, reason=word, now=self.now)
        return app

    def _people(self, x, z, shared, shared_z) -> None:
        every = Permission.objects.filter(content_type__app_label__in=["accounts", "integrations"])
        beyond = Permission.objects.get(codename="add_session")
        self.group = Group.objects.create(name=f"{MARK} group")
        self.group.permissions.add(beyond)
        self.anna = self._user("anna", is_staff=True)
        self.anna.user_permissions.set(every)
        self.gustav = self._user(f"{MARK}-gustav", is_staff=True)
        self.gustav.user_permissions.set(every)
        limits.limit(self.anna, self.hers, now=self.now)
        limits.limit(self.gustav, self.theirs, now=self.now)
        self.ally, self.zoe = self._user("ally"), self._user(f"{MARK}-zoe")
        self.dora, self.sharon = self._user("dora"), self._user(f"{MARK}-sharon")
        self.sue = self._user(f"{MARK}-sue", is_staff=True)
        shirley = self._user("shirley")
        links = [
            (self.ally, self.acme, x),
            (self.dora, self.acme, x),
            (shirley, self.shared, shared),
        ]
        others = [
            (self.zoe, self.foreign, z),
            (self.dora, self.foreign, z),
            (self.sharon, self.shared, shared_z),
        ]
        self.ours += [row for link in links for row in self._linked(*link, "acme")] + [self.ally]
        self.globex += [row for link in others for row in self._linked(*link, MARK)]
        self.globex += [self.gustav, self.zoe, self.sharon, self.sue, self.group]
        self.dora.groups.add(self.group)
        provider = IdentityProvider.objects.create(name=MARK, issuer=f"https://{MARK}.example.net")
        BrandedURL.objects.filter(pk=z.pk).update(identity_provider=provider)
        self.globex += [
            provider,
            *(
                provider.identities.create(
                    subject=f"{MARK} {user.pk}", user=user, created_at=self.now
                )
                for user in (self.zoe, self.dora)
            ),
        ]

    def _user(self, name: str, **fields: Any) -> User:
        email = f"{name}@example.com"
        return User.objects.create_user(name, email, "correct horse", first_name=name, **fields)

    def _linked(self, user: User, app: WebexApp, brand: BrandedURL, word: str) -> Iterator[Model]:
        grant = Grant.objects.create(
            user=user, app=app, hostname=brand.hostname, status="ACTIVE", access_token=word,
            refresh_token=word, person_id=word, person_email=f"{word}@example.com", org_id=word,
            person_name=word, org_name=word, last_error=word, granted_at=self.now,
            access_token_expires_at=self.now + timedelta(hours=1), scope=" ".join(MINIMUM),
        )  # fmt: skip
        kind = GrantEvent.Kind.LINKED
        GrantEvent.objects.record(kind, grant, by=user, reason=word, tracking_id=word, now=self.now)
        AuditEvent.objects.record(Action.SIGNED_IN, user, by=user, now=self.now)
        yield grant
        yield from grant.events.all()
        yield BulkJob.objects.create(
            grant=grant, person_id=word, hostname=brand.hostname, file_name=word, columns=[word],
            created_at=self.now,
        )  # fmt: skip

    def _programs(self, x: BrandedURL, z: BrandedURL) -> None:
        for name, brands in (
            ("ours", [x]),
            (MARK, [z]),
            (f"{MARK} of all", []),
            (f"{MARK} of two", [x, z]),
        ):
            rows = self.ours if name == "ours" else self.globex
            ids = [each.pk for each in brands] or None
            key, _secret = ApiKey.objects.make(name=name, hostname_ids=ids, created_at=self.now)
            webhook = WebhookEndpoint(
                name=name, url=f"https://{name.split()[0]}.example.net/", created_at=self.now,
                hostnames=[each.hostname for each in brands], events=["grant.linked"],
            )  # fmt: skip
            webhook.replace_secret(self.now)
            webhook.save()
            rows += [key, webhook, self._delivery(webhook, name, (brands or [z])[-1])]
            if name == "ours":  # before it was limited
                self.globex.append(self._delivery(webhook, f"{MARK} earlier", z))

    def _delivery(self, webhook: WebhookEndpoint, name: str, brand: BrandedURL) -> WebhookDelivery:
        return WebhookDelivery.objects.create(
            endpoint=webhook, event_id=name, event_type="grant.linked",
            body=f'{{"data": "{name}"}}', created_at=self.now, hostname=brand.hostname,
        )  # fmt: skip

    def _under_way(self, z: BrandedURL) -> None:
        """What people of Globex have begun, and what only its keys and addresses lead to."""
        tokens = TokenSet(MARK, self.now, MARK, None, frozenset(MINIMUM))
        person = Person(MARK, f"{MARK}@example.com", MARK, MARK, MARK)
        requests, devices = AuthorizationRequest.objects, DeviceAuthorization.objects
        z.refresh_from_db()  # its integration
        begun = {"brand": z, "now": self.now}
        asked = requests.begin(user=self.zoe, browser_binding="", next_path="", **begun)
        requests.filter(pk=asked.pk).update(consumed_at=self.now)
        tried = requests.begin(
            user=self.gustav, browser_binding=MARK, next_path="", is_test=True, **begun
        )
        shown, waits = (
            devices.reserve(user=user, session_key="", **begun) for user in (self.zoe, self.dora)
        )
        code = {"user_code": MARK, "device_code": MARK, "verification_uri_complete": MARK}
        shown.offer(interval=5, now=self.now, **code)
        waits.await_decision(now=self.now)
        for each in (asked, waits):
            each.refresh_from_db()
            each.store_pending_tokens(tokens, person)
        link, self.token = ConnectLink.objects.make(user=self.zoe, **begun)
        seen = WatchedSubscriber.objects.create(
            key=WatchedSubscriber.key_of(self.foreign.pk, FOUND_BY), app=self.foreign, org_id=MARK,
            grant=self.zoe.grants.get(), webex_id=FOUND_BY, status="updating",
            followed_since=self.now, ask_at=self.now, seen_at=self.now,
        )  # fmt: skip
        self.globex += [asked, tried, shown, waits, link, seen]

    def of(self, model: type[Model]) -> list[Model]:
        return [row for row in [*self.globex, *self.ours] if type(row) is model]

    def state(self) -> list[Any]:
        """Of all that is Globex's; it must stay the same, whatever Anna does."""
        kinds = {type(row) for row in self.globex}
        keys = {kind: [row.pk for row in self.globex if type(row) is kind] for kind in kinds}
        rows = [kind._default_manager.filter(pk__in=keys[kind]).values() for kind in kinds]
        return [list(each.order_by("pk")) for each in rows]


def _plant(rows: Iterator[Model]) -> None:
    """MARK in every text that still has none, as far as it is free."""
    for row in rows:
        texts = {
            field.name: f"{MARK} {field.name}"[: field.max_length]
            for field in row._meta.concrete_fields
            if type(field) in (CharField, TextField) and not field.choices and not field.unique
            and (field.max_length or 99) >= len(MARK) and not getattr(row, field.name)
        }  # fmt: skip
        if texts:
            type(row)._default_manager.filter(pk=row.pk).update(**texts)
