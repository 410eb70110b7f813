"""States and problems of subscribers, as pages show them."""

from collections.abc import Sequence

from django import template

from integrations.errors import Problem
from integrations.models.watched_subscriber import MOVING, WAITING
from integrations.provisioning import words
from integrations.provisioning.words import Explanation

register = template.Library()

TONES = {"provisioned": "good", "error": "bad"}


@register.inclusion_tag("integrations/subscribers/_state.html")
def state(status: str) -> dict[str, object]:
    """A chip: a sign and a word, never colour alone. What Webex invents is shown as it is."""
    tone = "moving" if status in MOVING else "warn" if status in WAITING else TONES.get(status, "")
    return {"tone": tone, "text": words.STATES.get(status, (status,))[0], "status": status}


@register.filter
def state_sentence(status: str) -> str:
    return str(words.STATES.get(status, ("", ""))[1])


@register.filter
def in_words(problems: Sequence[Problem]) -> list[Explanation]:
    return [words.problem_in_words(each) for each in problems]
