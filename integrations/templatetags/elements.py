"""The shapes that pages repeat: each is one tag here and one small template."""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import mark_safe

from integrations import plain_text
from integrations.operations.check import Level

register = template.Library()

DEVELOPER = "developer.webex.com"


@register.filter
def isolated(text: str) -> str:
    """For titles and sentences, where no element can isolate what somebody else wrote."""
    return plain_text.isolated(text)


@register.simple_tag
def icon(name: str) -> str:
    """No template, because a template ends in a line break, and text may follow right behind."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        static("settings/icons.svg"), name,
    )  # fmt: skip


@register.filter
def developer_links(sentence: str) -> str:
    """Names of developer.webex.com lead there, or to what stands in for Webex on this machine."""
    api = urlsplit(settings.WEBEX_API_URL)
    is_here = api.hostname in ("127.0.0.1", "localhost", "::1")
    url = f"{api.scheme}://{api.netloc}/my-apps/" if is_here else f"https://{DEVELOPER}/my-apps"
    link = format_html(
        '<a class="in-text" href="{}" target="_blank" rel="noopener">{}</a>', url, DEVELOPER
    )
    return mark_safe(conditional_escape(sentence).replace(DEVELOPER, link))  # noqa: S308  escaped


@register.inclusion_tag("elements/_pill.html")
def pill(icon: str, text: str, tone: str = "") -> dict[str, str]:
    """A state in a word. The tones are good, warn and bad; without one it is grey."""
    return {"icon": icon, "text": text, "tone": tone}


@register.inclusion_tag("elements/_mark.html")
def mark(level: str, *, says: str = "") -> dict[str, str]:
    """An icon on a disc of its colour; `says` is what a screen reader hears in its place."""
    return {"level": Level(level), "says": says}


@register.inclusion_tag("elements/_moment.html")
def moment(at: datetime) -> dict[str, datetime]:
    """In full, with its zone."""
    return {"at": at}


@register.inclusion_tag("admin/settings/_moment.html")
def short_moment(
    at: datetime | None, *, is_ahead: bool = False, is_exact: bool = False
) -> dict[str, object]:
    """Seen from now, where the reader asks “how long ago”; in full when pointed at."""
    return {"at": at, "is_ahead": is_ahead, "is_exact": is_exact}


@register.simple_block_tag
def fact(content: str, label: str) -> str:
    """One line of a list of facts."""
    return format_html("<dt>{}</dt>\n<dd>{}</dd>", label, content)


@register.inclusion_tag("elements/_nothing_yet.html")
def nothing_yet(icon: str, heading: str, text: str) -> dict[str, str]:
    """What a list shows before anything is in it. The next step follows it, where there is one."""
    return {"icon": icon, "heading": heading, "text": text}


@register.inclusion_tag("elements/_copy_button.html")
def copy_button(
    text: str, label: str, *, says: str = "", look: str = "button small"
) -> dict[str, str]:
    return {"text": text, "label": label, "says": says, "look": look}


@register.inclusion_tag("elements/_post_button.html")
def post_button(
    view: str, *args: object, label: str, look: str = "button", **hidden: object
) -> dict[str, object]:
    """A form of nothing but a button, for what a link must not do."""
    return {"url": reverse(view, args=args), "label": label, "look": look, "hidden": hidden}


@register.filter
def in_order(words: Iterable[str]) -> list[str]:
    """A set has another order in each process, and a reader meets several."""
    return sorted(words)
