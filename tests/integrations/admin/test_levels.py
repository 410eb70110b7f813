"""Nothing is green because nobody chose its colour: each level, status and event has its own."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.template.loader import render_to_string

import integrations
from integrations.admin import looks
from integrations.models import Grant, GrantEvent
from integrations.operations.check import Level
from integrations.templatetags import elements

NOW = datetime(2026, 3, 4, tzinfo=UTC)
STYLES = Path(integrations.__file__).parent / "static" / "settings"
CSS = "\n".join(path.read_text() for path in STYLES.glob("*.css"))
ICONS = set(re.findall(r'id="([a-z-]+)"', (STYLES / "icons.svg").read_text()))
COLORS = {"fine": "good", "asks": "warn", "blocks": "bad"}
ALARMS = ("CONSENT_LOST", "EXPIRING", "RIGHT_LOST")
GREEN = {"LINKED", "RELINKED", "RECOVERED", "REPLACED", "RIGHT_RETURNED"}


def color(selector):
    """What the rules with exactly this selector say of it, the last one first of all."""
    rules = re.findall(rf"(?:^|,)\s*{re.escape(selector)}\s*(?:,[^{{]*)?{{([^}}]*)}}", CSS, re.M)
    found = re.findall(r"(?<!-)\b(?:color|background): var\(--([a-z]+)", " ".join(rules))
    assert found, f"{selector} has no colour of its own"
    return found[-1]


@pytest.mark.parametrize("level", Level)
def test_a_mark_has_the_colour_of_its_level(level):
    assert color(f".mark.{level}") == COLORS[level]
    assert level in ICONS


@pytest.mark.parametrize("shape", ["pill", "dot", "figure"])
@pytest.mark.parametrize("tone", ["good", "warn", "bad"])
def test_a_tone_has_its_own_colour_in_each_shape(shape, tone):
    assert color(f".{shape}.{tone}" + (" .icon" if shape == "figure" else "")) == tone


@pytest.mark.parametrize("shape", ["mark", "pill", "dot"])
def test_a_shape_without_a_level_is_not_green(shape):
    assert color(f".{shape}" if shape != "dot" else ".timeline .dot") != "good"


def test_no_template_marks_anything_with_a_level_that_does_not_exist():
    with pytest.raises(ValueError, match="error"):
        elements.mark("error")
    for path in Path("templates").rglob("*.html"):
        for level in re.findall(r'{% mark "(\w+)"', path.read_text()):
            assert level in list(Level), f"{path} marks with {level}"


@pytest.mark.parametrize("kind", GrantEvent.Kind)
def test_an_event_has_the_same_tone_in_the_list_and_on_the_grants_page(kind):
    icon, tone = looks.EVENTS[kind]
    event = GrantEvent(kind=kind, at=NOW)

    listed = render_to_string("admin/settings/_event.html", {"event": event})
    timeline = render_to_string("admin/integrations/grant/_timeline.html", {"timeline": [event]})

    assert icon in ICONS
    assert f"#{icon}" in listed
    assert re.search(rf'class="pill\s*{tone}"', listed)
    assert re.search(rf'class="dot\s*{tone}"', timeline)
    assert (tone == "good") == (kind in GREEN)
    assert (tone in ("warn", "bad")) == (kind in ALARMS)


def test_an_event_that_nobody_gave_a_tone_is_an_error_and_no_green_one():
    with pytest.raises(KeyError):
        render_to_string("admin/settings/_event.html", {"event": GrantEvent(kind="NEW")})


@pytest.mark.parametrize("status", Grant.Status)
def test_a_grant_is_green_only_while_it_is_active_and_nothing_fails(status):
    def shown(**columns):
        return render_to_string(
            "admin/settings/_grant_state.html", {"grant": Grant(status=status, **columns)}
        )

    assert ("pill good" in shown()) == (status == "ACTIVE")
    assert "pill good" not in shown(failing_since=NOW)
    assert "pill good" not in shown(right_lost_at=NOW)


@pytest.mark.django_db
def test_the_alarm_of_the_overview_has_a_mark_of_its_level(sam, acme):
    page = sam.get("/admin/").text

    assert re.search(r'<span class="mark asks">.{,200}<strong>Look soon:</strong>', page, re.S)
