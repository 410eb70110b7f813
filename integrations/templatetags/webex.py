"""The badge next to My Account, and scopes in words."""

from functools import lru_cache

from django import template
from django.conf import settings
from django.template.context import RequestContext
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from integrations import hostnames, portal_session, scopes
from integrations.linking.link_status import LinkStatus
from integrations.models import BrandedURL, administered

register = template.Library()

MOST_BRANDS = 24


@register.simple_tag(takes_context=True)
def webex_link_status(context: RequestContext) -> LinkStatus:
    return portal_session.link_status_of(context["request"])


@register.simple_tag(takes_context=True)
def webex_badge(context: RequestContext, *, with_text: bool = False) -> str:
    status = webex_link_status(context)
    return _badge(status.is_linked, status.label, with_text) if status.is_offered else ""


@lru_cache(maxsize=100)  # the same few, in each language, and several times on each page
def _badge(is_linked: bool, label: str, with_text: bool) -> str:
    facts = {"is_linked": is_linked, "label": label, "with_text": with_text}
    return render_to_string("integrations/_badge.html", facts)


@register.simple_tag(takes_context=True)
def settings_url(context: RequestContext) -> str:
    """Where Settings → Webex is, for who may open it; it answers on the portal's own host only."""
    user = context["request"].user
    own_hosts = settings.PORTAL_HOSTS
    return hostnames.origin(own_hosts[0]) + reverse("admin:index") if user.is_staff else ""


@register.inclusion_tag("integrations/_brands.html", takes_context=True)
def brands_for_admins(context: RequestContext) -> dict[str, object]:
    """The portals that they may see; one customer never learns of another."""
    user = context["request"].user
    if not user.has_perm("integrations.view_brandedurl"):
        return {}
    brands = administered.visible(BrandedURL.objects.defer("logo").order_by("hostname"), user)
    return {"brands": brands[:MOST_BRANDS], "more": max(brands.count() - MOST_BRANDS, 0)}


@register.filter
def portal_origin(brand: BrandedURL) -> str:
    return hostnames.origin(brand.hostname)


@register.filter
def scope_in_words(scope: str) -> str:
    return scopes.in_words(scope)


TYPES = {
    "work": gettext_lazy("Work"),
    "work_extension": gettext_lazy("Extension"),
    "mobile": gettext_lazy("Mobile"),
    "fax": gettext_lazy("Fax"),
}


@register.filter
def type_in_words(type: str) -> str:
    """Of a phone number; one that Webex invents is shown as it is."""
    return str(TYPES.get(type, capfirst(type)))


@register.filter
def initials(name: str) -> str:
    words = [word for word in name.split() if word]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
