"""“Administers only”, on the page of a user: two lists of hostnames, and whether they limit."""

from typing import Any, cast

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from integrations.admin.two_lists import HostnamesField, TwoLists, check_administered, page_among
from integrations.models import BrandedURL, administered
from integrations.models.limited_administrator import limits_of
from integrations.operations import limits
from integrations.operations.integrations import Hostnames

FIELDS = ("is_limited", "administers")


class TheirHostnames(TwoLists):
    url = reverse_lazy("admin:accounts_user_hostnames")

    def page_of(self, side: str) -> dict[str, Any]:
        return hostnames_of(cast(User | None, self.app), side, by=self.user)


class AdministersField(HostnamesField):
    widget = TheirHostnames


def hostnames_of(
    user: User | None, side: str, *, by: User | None, wanted: str = "", after: str = ""
) -> dict[str, Any]:
    brands = administered.visible(BrandedURL.objects.all(), by)
    chosen = brands.filter(limited_administrators__user=user)
    rows = chosen if side == "selected" else brands.exclude(pk__in=chosen.values("pk"))
    return page_among(rows, rows, side, wanted=wanted, after=after, shows_takers=False)


def page(request: HttpRequest, user: User | None) -> JsonResponse:
    """The next page of one of the two lists."""
    by = cast(User, request.user)
    if not may_limit(user, by):
        raise PermissionDenied
    get = request.GET.get
    side, wanted, after = get("side", ""), get("q", ""), get("after", "")
    return JsonResponse(hostnames_of(user, side, by=by, wanted=wanted, after=after))


def may_limit(user: User | None, by: User) -> bool:
    """Not oneself, which nobody could take back; who is limited narrows what is limited."""
    if user is None or user.pk in (None, by.pk) or not administered.may_change(user, by):
        return False
    return limits_of(by) is None or limits_of(user) is not None


class WithLimits(forms.ModelForm):  # type: ignore[type-arg]
    """Whoever is limited can neither lift a limit nor give a hostname that they lack."""

    is_limited = forms.BooleanField(
        label=gettext_lazy("Administers only some hostnames"),
        required=False,
        help_text=gettext_lazy(
            "They see and change what belongs to the selected ones and nothing else: integrations, "
            "users, grants, events, API keys and webhooks. None selected: nothing at all."
        ),
    )
    administers = AdministersField(label=gettext_lazy("Administers only"), required=False)
    user: User  # set by the admin: who saves it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_limit(self.instance, self.user):
            for name in FIELDS:
                del self.fields[name]
            return
        lists = cast(TwoLists, self.fields["administers"].widget)
        lists.app, lists.user = self.instance, self.user
        self.initial["is_limited"] = limits_of(self.instance) is not None
        if limits_of(self.user) is not None:
            self.fields["is_limited"].disabled = True

    def clean_administers(self) -> Hostnames:
        moved: Hostnames = self.cleaned_data["administers"]
        check_administered(moved.added | moved.removed, by=self.user)
        found = BrandedURL.objects.filter(hostname__in=moved.added)
        known = set(found.values_list("hostname", flat=True))
        if unknown := moved.added - known:
            text = _("No branded URL of this portal: %s.")
            raise forms.ValidationError(text % ", ".join(sorted(unknown)[:5]))
        return moved

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("is_limited") and cleaned.get("is_superuser", self.instance.is_superuser):
            text = _("Who may do everything administers all hostnames. Take that away first.")
            self.add_error("is_limited", text)
        if limits_of(self.user) is not None and "administers" in cleaned and not self._chosen():
            text = _("Leave at least one of your hostnames, or this user is not yours.")
            self.add_error("administers", text)
        return cleaned

    def _chosen(self) -> set[str]:
        theirs = limits_of(self.instance)
        moved: Hostnames = self.cleaned_data["administers"]
        return set((theirs.hostnames if theirs else frozenset()) - moved.removed | moved.added)

    def chosen_brands(self) -> list[BrandedURL] | None:
        """None: no limit."""
        if not self.cleaned_data["is_limited"]:
            return None
        return list(BrandedURL.objects.filter(hostname__in=self._chosen()).defer("logo"))


def save(form: Any, request: HttpRequest, user: User, *, is_new: bool, now: Any) -> None:
    """A new user of somebody who is limited administers no more than they."""
    by = cast(User, request.user)
    if is_new:
        if theirs := limits_of(by):
            limits.limit(user, list(BrandedURL.objects.filter(pk__in=theirs.ids)), now=now)
    elif "administers" in form.cleaned_data and {*FIELDS} & {*form.changed_data}:
        chosen = form.chosen_brands()
        if chosen is None:
            limits.remove_limit(user, now=now)
        else:
            limits.limit(user, chosen, now=now)
