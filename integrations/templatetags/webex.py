"""The badge next to My Account, and scopes in words."""

from typing import cast

from django import template
from django.template.context import RequestContext

from integrations import scopes
from integrations.linking import link_status

register = template.Library()


@register.simple_tag(takes_context=True)
def webex_link_status(context: RequestContext) -> link_status.LinkStatus:
    """Asked once per request, however often a page shows it."""
    request = context["request"]
    if not hasattr(request, "webex_link_status"):
        request.webex_link_status = link_status.for_user(request.user, request.brand)
    return cast(link_status.LinkStatus, request.webex_link_status)


@register.inclusion_tag("integrations/_badge.html", takes_context=True)
def webex_badge(context: RequestContext, *, with_text: bool = False) -> dict[str, object]:
    return {"link_status": webex_link_status(context), "with_text": with_text}


@register.filter
def scope_in_words(scope: str) -> str:
    return scopes.in_words(scope)


@register.filter
def initials(name: str) -> str:
    words = [word for word in name.split() if word]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
