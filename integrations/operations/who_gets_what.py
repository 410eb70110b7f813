"""Which integration does this user get on this hostname, and why? For whoever answers the phone."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from accounts.models import User
from integrations import hostnames
from integrations.errors import InvalidHostname
from integrations.linking import link_status
from integrations.models import BrandedURL, WebexApp, administered
from integrations.plain_text import isolated


@dataclass(frozen=True)
class Step:
    holds: bool
    sentence: str


@dataclass(frozen=True)
class Explanation:
    steps: list[Step] = field(default_factory=list)
    app: WebexApp | None = None
    outcome: link_status.LinkStatus | None = None

    @property
    def is_offered(self) -> bool:
        return bool(self.steps) and all(step.holds for step in self.steps)


def explain(username: str, hostname: str, *, by: User) -> Explanation:
    """Follows the way a request takes and stops at the first step that ends it. Of what `by` does
    not see, it says that there is none.
    """
    user = User.objects.filter(username=username.strip()).first()
    brand = _brand(hostname)
    if brand and not administered.may_see(brand, by):
        brand = None
    if user and not administered.may_name(user, brand.app if brand else None, by):
        user = None
    app = brand.app if brand else None
    steps: list[Step] = []
    for holds, yes, no in _questions(user, brand, username, hostname):
        steps.append(Step(holds, yes if holds else no))
        if not holds:
            return Explanation(steps, app)
    assert user is not None
    return Explanation(steps, app, link_status.for_user(user, brand))


def _brand(hostname: str) -> BrandedURL | None:
    try:
        return BrandedURL.objects.serving(hostnames.normalise(hostname))
    except InvalidHostname:
        return None


def _questions(
    user: User | None, brand: BrandedURL | None, username: str, hostname: str
) -> list[tuple[bool, str, str]]:
    app = brand.app if brand else None
    names = {"user": isolated(username), "hostname": isolated(hostname), "app": app or ""}
    may = bool(user and user.is_active and user.has_perm("integrations.use_webex"))
    return [
        (
            brand is not None,
            _("%(hostname)s is a branded URL of this portal.") % names,
            _("%(hostname)s is not a branded URL. Add it under Branded URLs.") % names,
        ),
        (
            app is not None,
            _("It uses the integration “%(app)s”.") % names,
            _("It uses no integration. Select it under URLs of one.") % names,
        ),
        (
            bool(app and app.is_enabled),
            _("“%(app)s” is enabled.") % names,
            _("“%(app)s” is not enabled. See what it still needs on its page.") % names,
        ),
        (
            user is not None,
            _("%(user)s is a portal user.") % names,
            _("There is no portal user “%(user)s”. User names are case-sensitive.") % names,
        ),
        (
            bool(user and user.is_active),
            _("The account is active."),
            _("The account is deactivated, so it cannot sign in."),
        ),
        (
            may,
            _("They may use Webex."),
            _("They may not use Webex. Add them to the group “Webex users”."),
        ),
    ]
