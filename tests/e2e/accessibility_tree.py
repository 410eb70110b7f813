"""What a screen reader is told of a page: Chromium's accessibility tree."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

OPERATED = {
    "button", "checkbox", "combobox", "link", "listbox", "option", "radio", "searchbox", "tab",
    "textbox",
}  # fmt: skip
NAMED = OPERATED | {
    "columnheader", "complementary", "heading", "image", "navigation", "region", "rowheader",
    "tablist", "tabpanel",
}  # fmt: skip
TOLD_APART = {"button", "checkbox", "searchbox", "tab", "textbox"}


@dataclass(frozen=True)
class Said:
    role: str
    name: str
    description: str = ""
    states: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        more = f" ({self.description})" if self.description else ""
        return f"{self.role}: {self.name}{more}"


def read_aloud(page: Page) -> list[Said]:
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [_said(node) for node in nodes if not node["ignored"]]


def _said(node: dict[str, Any]) -> Said:
    def text(key: str) -> str:
        return str(node.get(key, {}).get("value", "")).strip()

    states = {each["name"]: each["value"].get("value") for each in node.get("properties", ())}
    return Said(text("role"), text("name"), text("description"), states)


def flaws(page: Page) -> list[str]:
    """What would be heard as "button", or as one of two that sound alike."""
    heard = read_aloud(page)
    found = [f"{said.role} without a name" for said in heard if said.role in NAMED if not said.name]
    alike = Counter(str(Said(said.role, said.name)) for said in heard if said.role in TOLD_APART)
    found += [f"{times} times {name}" for name, times in alike.items() if times > 1]
    mains = sum(said.role == "main" for said in heard)
    titles = sum(said.states.get("level") == 1 for said in heard if said.role == "heading")
    return found if mains == titles == 1 else [*found, f"{mains} times main, {titles} titles"]
