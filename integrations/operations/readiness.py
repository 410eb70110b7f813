"""Is this integration ready? What is missing, why it matters, and what to do next.

`check_readiness` looks at facts only; `check_all` collects them for any number at once.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from integrations import scopes
from integrations.authorization_url import parse
from integrations.errors import InvalidAuthorizationURL
from integrations.models import BrandedURL, WebexApp, administered
from integrations.operations import registered_uris, renewal_figures, renewals, sweeps
from integrations.operations.check import Check, Level, worst
from integrations.operations.registered_uris import Traffic
from integrations.operations.renewal_figures import Renewals
from integrations.plain_text import grouped, isolated
from integrations.renewal.refusal_policy import Client


@dataclass(frozen=True)
class Facts:
    brands: list[BrandedURL] = field(default_factory=list)
    traffic: dict[str, Traffic] = field(default_factory=dict)  # by redirect URI
    device_logins: Traffic = Traffic()  # noqa: RUF009  # frozen
    twins: list[str] = field(default_factory=list)  # integrations with the same client ID
    has_secret: bool = False
    renewals: Renewals = Renewals()  # noqa: RUF009  # frozen
    unattended_since: datetime | None = None  # nobody looks for what is due, of any of them


@dataclass(frozen=True)
class Readiness:
    checks: list[Check]
    renewals: Renewals = Renewals()  # noqa: RUF009  # frozen

    @property
    def blocking(self) -> list[Check]:
        return [check for check in self.checks if check.level is Level.BLOCKS]

    @property
    def asking(self) -> list[Check]:
        return [check for check in self.checks if check.level is Level.ASKS]

    def obstacles(self, before: Collection[str]) -> list[Check]:
        """To having it enabled: what blocks now. What did before, by its code, is no news."""
        return [check for check in self.blocking if check.code not in before]

    @property
    def trouble(self) -> list[Check]:
        return [check for check in self.open if check.is_trouble]

    @property
    def fine(self) -> list[Check]:
        return [check for check in self.checks if check.level is Level.FINE]

    @property
    def open(self) -> list[Check]:
        return self.blocking + self.asking

    @property
    def to_do(self) -> list[Check]:
        """Of setting it up; what is in trouble is told apart."""
        return [check for check in self.open if not check.is_trouble]

    @property
    def level(self) -> Level:
        return worst([check.level for check in self.checks])

    @property
    def trouble_level(self) -> Level:
        return worst([check.level for check in self.trouble])

    @property
    def summary(self) -> str:
        if self.trouble_level is Level.BLOCKS:
            return _("Act now")
        if count := len(self.blocking):
            return ngettext("%d step to do", "%d steps to do", count) % count
        if self.trouble:
            return _("Look soon")
        if count := len(self.asking):
            return ngettext("%d thing to check", "%d things to check", count) % count
        return _("Ready")


def check_all(
    apps: Iterable[WebexApp], *, now: datetime, by: User | None = None
) -> dict[int, Readiness]:
    """By primary key; as many queries for one integration as for a hundred."""
    apps = list(apps)
    facts = collect_facts(apps, now=now, by=by)
    return {app.pk: check_readiness(app, facts[app.pk], now=now) for app in apps}


def check_to_be(
    app: WebexApp,
    brands: list[BrandedURL],
    *,
    has_secret: bool,
    now: datetime,
    by: User | None = None,
) -> Readiness:
    """Once `app` is saved as it is here, and used by these; renewals are no matter of the form."""
    facts = collect_facts([app], now=now, by=by)[app.pk]
    facts = replace(facts, brands=brands, has_secret=has_secret, renewals=Renewals())
    return check_readiness(app, facts, now=now)


def collect_facts(
    apps: Sequence[WebexApp], *, now: datetime, by: User | None = None
) -> dict[int, Facts]:
    """What `by` may know of them: hostnames, users and other integrations that they see."""
    renewed = renewal_figures.collect(apps, now=now, by=by)
    unattended_since = sweeps.stopped_at(now)
    keys = [app.pk for app in apps if app.pk]
    by_device = [app.pk for app in apps if app.pk and app.device_linking_enabled]
    device_logins = registered_uris.count_device_logins(by_device, now)
    facts = {
        app.pk: Facts(
            has_secret=bool(app.client_secret_set_at),
            renewals=renewed.get(app.pk, Renewals()),
            device_logins=device_logins.get(app.pk, Traffic()),
            unattended_since=unattended_since,
        )
        for app in apps
    }
    served = BrandedURL.objects.filter(app__in=keys).defer("logo").order_by("hostname")
    for brand in administered.visible(served, by):
        facts[brand.app_id or 0].brands.append(brand)
    for app_id, uri, consents in registered_uris.count_consents(keys, now):
        facts[app_id].traffic[uri] = consents
    wanted = {app.client_id for app in apps if app.client_id}
    named = administered.visible(WebexApp.objects.filter(client_id__in=wanted), by)
    for pk, name, client_id in named.order_by("name").values_list("pk", "name", "client_id"):
        for app in apps:
            if app.client_id == client_id and app.pk != pk:
                facts[app.pk].twins.append(name)
    return facts


def check_readiness(app: WebexApp, facts: Facts, *, now: datetime) -> Readiness:
    trouble = renewals.find_trouble(app, facts.renewals, now=now)
    if app.is_enabled and (since := facts.unattended_since):
        trouble.insert(0, sweeps.check_late(since, bool(facts.renewals.linked), now))
    checks = [
        *trouble,
        _authorization_url(app),
        *_scopes(app),
        _client_secret(facts),
        *_client(app, facts, trouble),
        _hostnames(facts),
        *registered_uris.check(app, facts.brands, facts.traffic, facts.device_logins),
        *_twins(facts),
    ]
    return Readiness(checks, facts.renewals)


def _authorization_url(app: WebexApp) -> Check:
    if not app.authorization_url:
        return Check(
            "authorization_url",
            Level.BLOCKS,
            _("The OAuth Authorization URL is missing."),
            _(
                "Create an integration at developer.webex.com with the nine scopes below and "
                "https://www.example.com as redirect URI for now, then paste its URL here."
            ),
            "\n".join(scopes.MINIMUM),
        )
    try:
        pasted = parse(app.authorization_url)
    except InvalidAuthorizationURL as error:
        sentence = _("The OAuth Authorization URL cannot be used: %(why)s") % {"why": error}
        return Check("authorization_url", Level.BLOCKS, sentence, _("Copy it again from Webex."))
    if pasted.client_id != app.client_id:
        sentence = _("The OAuth Authorization URL belongs to another client ID.")
        step = _("Take both from the same page at developer.webex.com.")
        return Check("client_id", Level.BLOCKS, sentence, step)
    return Check("authorization_url", Level.FINE, _("Webex's URL and client ID fit together."))


def _scopes(app: WebexApp) -> Iterable[Check]:
    if not app.pasted:
        return
    if missing := scopes.missing(scopes.MINIMUM, app.scopes):
        count = len(missing)
        sentence = ngettext(
            "%d of the nine scopes the portal needs is missing.",
            "%d of the nine scopes the portal needs are missing.",
            count,
        )
        step = _("Tick them at developer.webex.com, save there, and paste the changed URL.")
        yield Check("scopes", Level.BLOCKS, sentence % count, step, "\n".join(missing))
    else:
        yield Check("scopes", Level.FINE, _("All nine scopes the portal needs are asked for."))
    for scope in app.scopes:
        if meant := scopes.nearest(scope):
            names = {"scope": isolated(scope), "meant": meant}
            sentence = _("“%(scope)s” is not a scope we know. Is “%(meant)s” meant?") % names
            step = _("Correct it at developer.webex.com and paste the changed URL.")
            yield Check("scope_typo", Level.ASKS, sentence, step, meant)


def _client_secret(facts: Facts) -> Check:
    if facts.has_secret:
        return Check("client_secret", Level.FINE, _("The client secret is set."))
    return Check(
        "client_secret",
        Level.BLOCKS,
        _("The client secret is missing."),
        _("Webex shows it only once. If it is lost, regenerate it at developer.webex.com."),
    )


def _client(app: WebexApp, facts: Facts, trouble: list[Check]) -> Iterable[Check]:
    """What Webex said to client ID and secret when they were last tried: a clue."""
    if any(check.code == "client" for check in trouble):
        return
    if app.client_answer == Client.REFUSED and renewals.refuses_client(app, facts.renewals):
        sentence = _("Webex refuses the client ID and secret.")
        step = _("Copy both again from developer.webex.com. What you save is tried at once.")
        yield Check("client", Level.ASKS, sentence, step)
    elif app.client_answer == Client.ACCEPTED and app.has_previous_secret:
        yield Check("client", Level.FINE, _("Webex accepts the client ID and the new secret."))
    elif app.client_answer == Client.ACCEPTED:
        yield Check("client", Level.FINE, _("Webex accepts the client ID and secret."))


def _hostnames(facts: Facts) -> Check:
    if not facts.brands:
        sentence = _("No hostname uses this integration, so nobody can link.")
        step = _("Move at least one to the selected hostnames under URLs.")
        return Check("hostnames", Level.BLOCKS, sentence, step, tab="urls")
    count = len(facts.brands)
    sentence = ngettext("%s hostname uses it.", "%s hostnames use it.", count) % grouped(count)
    return Check("hostnames", Level.FINE, sentence, tab="urls")


def _twins(facts: Facts) -> Iterable[Check]:
    if facts.twins:
        names = {"names": ", ".join(map(isolated, facts.twins))}
        sentence = _("Its client ID is also used by %(names)s.") % names
        step = _("Every integration should have its own registration at Webex.")
        yield Check("twin", Level.ASKS, sentence, step)
