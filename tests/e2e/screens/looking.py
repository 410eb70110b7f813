"""Opens screens and judges them: sideways scroll, clipped text, focus, console, shifts, axe."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Response

from tests import languages
from tests.e2e.conftest import ROOT, Demo, embedded_environment, running
from tests.e2e.screens import list_of_portal, list_of_sandbox, list_of_settings
from tests.e2e.screens.screen import SANDBOX, WEBEX, Screen

SCREENS = [*list_of_portal.SCREENS, *list_of_settings.SCREENS, *list_of_sandbox.SCREENS]
SIZES = {390: 844, 1360: 850, 1920: 1080}
LOCALES = {"en": "en-GB", "de": "de-DE", "pseudo": "eo"}  # nobody offers Esperanto
LANGUAGES = {"en": "en", "de": "de", "pseudo": "en-xa"}
SHIFT = 0.05
AXE = "4.14.1"
# Of level AAA, or a question to a person rather than a fault.
NOT_ASKED = ("color-contrast-enhanced", "identical-links-same-purpose",
             "meta-refresh-no-exceptions", "hidden-content")  # fmt: skip
COLORS = ("color-contrast", "link-in-text-block")  # all that another scheme can change
WATCH = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifted += each.value;
}).observe({ type: "layout-shift", buffered: true });
"""
SETTLED = """async () => {
  await document.fonts.ready;
  const isAsking = (each) => each.checkVisibility();
  for (let turn = 0; turn < 100; turn++) {
    if (![...document.querySelectorAll(".htmx-request, .skeleton")].some(isAsking)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}"""
RUN_AXE = """async ([rules, not]) => {
  const values = rules ?? axe.getRules().map((rule) => rule.ruleId);
  const found = await axe.run(document, {
    runOnly: { type: "rule", values: values.filter((rule) => !not.includes(rule)) },
    resultTypes: ["violations"], preload: false,
  });
  // What lies half under a sticky bar is scrolled clear of it by whoever wants it: rules.focus().
  const isCovered = (node) => window.rules?.isUnder(document.querySelector(node.target[0]));
  return found.violations.map((each) => [
    each.id, each.nodes.filter((node) => each.id !== "target-size" || !isCovered(node)),
  ]).filter(([, nodes]) => nodes.length).map(([id, nodes]) =>
    `axe ${id}: ${nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")}`);
}"""
RULES = (Path(__file__).parent / "rules.js").read_text()


@dataclass
class World:
    demo: Demo
    is_empty: bool
    made: dict[str, Any] = field(default_factory=dict)

    def freshen(self) -> None:
        """Sessions, codes and links live shorter than a run."""
        templates = sorted({each.template for each in SCREENS if each.template})
        words = ["empty"] if self.is_empty else templates
        environment = embedded_environment(self.demo.folder)
        environment["ENV_FILE"] = str(self.demo.folder / ".demo" / "env")
        said = subprocess.run(
            [sys.executable, "-m", "tests.e2e.screens.world", *words], cwd=ROOT,
            env=environment, stdout=subprocess.PIPE, text=True, check=True,
        ).stdout  # fmt: skip
        self.made = json.loads(said.splitlines()[-1])

    def url(self, screen: Screen) -> str:
        path = screen.path.format_map(self.made["ids"])
        if screen.at == SANDBOX:
            return self.demo.sandbox + path
        if screen.at == WEBEX:
            return self.demo.sandbox.replace("127.0.0.1", "localhost") + path
        return self.demo.at(screen.at, path)


@contextmanager
def world(folder: Path, *, is_empty: bool = False) -> Iterator[World]:
    """A demo of its own that speaks German, English, and otherwise a language 40 % longer."""
    (folder / ".demo").mkdir(parents=True)
    code = languages.write_pseudo(folder / "locale")
    chosen = {"DEMO_PASSWORD": "correct-horse", "LANGUAGE_CODE": code, "REFRESH_SWEEP_EVERY": 600,
              "LOCALE_DIR": folder / "locale", "SIGN_IN_FAILURE_LIMIT": 1000}  # fmt: skip
    lines = [f"{name}={value}\n" for name, value in chosen.items()]
    (folder / ".demo" / "env").write_text("".join(lines))
    with running(embedded_environment(folder), *(["--empty"] if is_empty else [])) as demo:
        yield World(demo, is_empty)


@cache
def axe_core() -> str:
    """npm's newest, where somebody fetched it (AXE_CORE names it); else what Python brings."""
    bundled = Path(axe_playwright_python.__file__).parent / "axe.min.js"
    return Path(os.environ.get("AXE_CORE", bundled)).read_text()


def fetch_axe_core(folder: Path) -> None:
    """Into this folder, unless it is there. Without npm the one that Python brings is used."""
    file = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not file.exists() and shutil.which("npm"):
        command = ["npm", "install", "--silent", "--prefix", str(folder), f"axe-core@{AXE}"]
        subprocess.run(command, check=True)
    if file.exists():
        os.environ["AXE_CORE"] = str(file)


class Look:
    """One browser window in one language, through which screen after screen is seen."""

    def __init__(self, browser: Browser, world: World, language: str) -> None:
        self.world, self.language = world, language
        self.context: BrowserContext = browser.new_context(locale=LOCALES[language])
        self.context.set_default_timeout(45_000)  # a busy machine, too
        self.context.add_init_script(WATCH)
        self.said: list[str] = []
        self.context.on("console", self._listen)
        self.context.on("response", self._note)
        self.context.on("weberror", lambda error: self.said.append(f"script: {error.error}"))
        self.page: Page = self.context.new_page()

    def begin_anew(self) -> None:
        """Whatever the window was at, it goes on with nothing of it."""
        self.page.close()
        self.page = self.context.new_page()

    def _listen(self, message: ConsoleMessage) -> None:
        is_status = "Failed to load resource" in message.text  # of the page itself, as expected
        if message.type in ("error", "warning") and not is_status:
            self.said.append(f"console: {message.text}")

    def _note(self, response: Response) -> None:
        if response.status >= 500:  # those that are meant are drawn
            self.said.append(f"answered {response.status}: {response.url}")

    def open(self, screen: Screen, width: int) -> None:
        page = self.page
        page.unroute_all()
        page.goto("about:blank")  # else a new hash alone would load nothing
        page.mouse.move(0, 0)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": width, "height": SIZES[width]})
        url = self.world.url(screen)
        self.context.clear_cookies()
        if screen.who:
            sessions = self.world.made["sessions"]
            at = self.world.demo.at(screen.at)
            cookie = {"name": sessions["cookie"], "value": sessions[screen.who], "url": at}
            self.context.add_cookies([cookie])  # type: ignore[list-item]
        if screen.template:
            body = self.world.made["drawn"][screen.template][LANGUAGES[self.language]]
            page.route(url, lambda route: route.fulfill(body=body, content_type="text/html"))
        self.said.clear()
        page.goto(url)
        for step in screen.steps:
            step(page, self.world.made["ids"])
        page.wait_for_load_state()
        page.evaluate(SETTLED)

    def judge(self, *, with_axe: bool = True) -> list[str]:
        """What is wrong with the screen that is open."""
        page = self.page
        found = list(dict.fromkeys(self.said))[:5]
        shift = page.evaluate("window.shifted ?? 0")
        if shift >= SHIFT:
            found.append(f"the layout shifts by {shift:.2f}")
        page.evaluate(RULES)
        found += page.evaluate("[...rules.wide(), ...rules.clipped()]")
        if with_axe:
            found += self.axe()
        page.keyboard.press("Tab")
        return found + page.evaluate("rules.focus()")

    def axe(self, *rules: str) -> list[str]:
        self.page.evaluate(axe_core())
        return list(self.page.evaluate(RUN_AXE, [rules or None, NOT_ASKED]))

    def darken(self) -> None:
        self.page.emulate_media(color_scheme="dark")
        self.page.wait_for_timeout(250)  # until no colour is on its way

    def photograph(self, path: Path) -> None:
        """The whole page, up to a height that somebody would scroll."""
        width = self.page.viewport_size["width"]
        height = min(self.page.evaluate("document.documentElement.scrollHeight"), 4000)
        clip = {"x": 0, "y": 0, "width": width, "height": max(height, SIZES[width])}
        self.page.screenshot(path=path, type="jpeg", quality=70, animations="disabled",
                             full_page=True, clip=clip)  # fmt: skip


def see(look: Look, screen: Screen, width: int, pictures: Path | None = None) -> list[str]:
    """Light and dark; where a folder is given with pictures. What is wrong, each with its place."""
    where = f"{screen.name} {width} {look.language}"
    try:
        look.open(screen, width)
        if pictures:
            look.photograph(pictures / f"{screen.name}-{width}-light-{look.language}.jpg")
        found = look.judge()
        look.darken()
        found += [f"dark: {each}" for each in look.axe(*COLORS)]
        if pictures:
            look.photograph(pictures / f"{screen.name}-{width}-dark-{look.language}.jpg")
    except (Error, KeyError) as error:
        found = [f"not opened: {str(error).splitlines()[0]}"]
        look.begin_anew()
    return [f"{where}: {each}" for each in found]
