"""One screen: who opens what where, and what is done there until it is as it shall be seen."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from playwright.sync_api import Page

ACME, GLOBEX, SETTINGS = "acme.localhost", "globex.localhost", "localhost"
SANDBOX, WEBEX = "127.0.0.1", "webex"  # the sandbox's origins: its API's, and where people sign in
Step = Callable[[Page, Mapping[str, str]], None]

# What a browser would send, were a person to fill in the form that has the first of these fields.
SEND = """([values, button]) => {
  const names = Object.keys(values);
  const form = document.querySelector(`[name="${names[0]}"]`).form;
  for (const name of names) {
    const field = form.querySelector(`[name="${name}"]:not([type=hidden])`);
    if (typeof values[name] === "boolean") field.checked = values[name];
    else field.value = values[name];
  }
  const all = form.querySelectorAll("button:not([type=button]), input[type=submit]");
  const last = button ? form.querySelector(button) : all[all.length - 1];
  form.noValidate = true;
  form.requestSubmit(last);
}"""
POST = """([url, values]) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = url;
  for (const [name, value] of Object.entries(values)) {
    const field = document.createElement("textarea");
    field.name = name;
    field.value = name === "csrfmiddlewaretoken" && value === null
      ? document.querySelector("[name=csrfmiddlewaretoken]").value : value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}"""


@dataclass(frozen=True)
class Screen:
    name: str
    path: str  # {words} are filled in from what the world made
    who: str = ""  # nobody is signed in
    at: str = SETTINGS
    steps: tuple[Step, ...] = ()
    shows: tuple[str, ...] = ()  # names of URLs that the steps lead to
    template: str = ""  # what no request leads to at will is drawn from its template
    is_empty: bool = False  # nothing is configured yet


def send(button: str = "", /, **values: str | bool) -> Step:
    """Fills in a form and sends it, without what the browser itself would refuse."""

    def step(page: Page, ids: Mapping[str, str]) -> None:
        with page.expect_navigation():
            page.evaluate(SEND, [values, button])

    return step


def post(path: str, /, **values: str) -> Step:
    """As a button to this address would do."""

    def step(page: Page, ids: Mapping[str, str]) -> None:
        with page.expect_navigation():
            page.evaluate(POST, [path.format_map(ids), {"csrfmiddlewaretoken": None} | values])

    return step


def press(selector: str) -> Step:
    return lambda page, ids: page.locator(selector).first.click()


def go(selector: str) -> Step:
    """Presses what leads to another page."""

    def step(page: Page, ids: Mapping[str, str]) -> None:
        with page.expect_navigation():
            page.locator(selector).first.click()

    return step


def hover(selector: str) -> Step:
    return lambda page, ids: page.locator(selector).first.hover()


def tick(count: int) -> Step:
    def step(page: Page, ids: Mapping[str, str]) -> None:
        for number in range(count):
            page.locator("tbody input[type=checkbox]").nth(number).check()

    return step


def stay(page: Page, ids: Mapping[str, str]) -> None:
    """On a page that would move on to Webex by itself: an answer without a page is none."""
    for pattern in (r"/v1/authorize", r"/webex/test/"):
        page.route(re.compile(pattern), lambda route: route.fulfill(status=204))


def wait(url: str) -> Step:
    return lambda page, ids: page.wait_for_url(url)


def choose(person: str) -> Step:
    """At Webex, whose page says the name in every language."""
    return go(f"button:has-text({json.dumps(person)})")
