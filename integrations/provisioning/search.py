"""One search box: what was typed decides what Webex is asked. It knows no search by text, no order
and no count (contract 16.2), so some of it is done here, a few pages at a time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from integrations.provisioning import following
from integrations.provisioning.caller import Caller
from integrations.tokens import Person
from integrations.webex import broadworks, people
from integrations.webex.broadworks import Subscriber
from integrations.webex.rest import Page

PAGES = 5  # that are looked through for what Webex cannot filter
SHOWN = 25  # enough to stop looking
EXACT = "2"  # an e-mail or user id has one subscriber; a second would be worth seeing


@dataclass(frozen=True)
class Search:
    """`text` is an e-mail, a BroadWorks user id, an enterprise, or part of a name inside one."""

    text: str = ""
    status: str = ""
    package: str = ""
    enterprise: str = ""

    @property
    def is_empty(self) -> bool:
        return not any((self.text, self.status, self.package, self.enterprise))


@dataclass(frozen=True)
class Found:
    subscribers: tuple[Subscriber, ...]
    next_url: str = ""
    looked_through: int = 0  # how many, where we filtered ourselves


def subscribers(caller: Caller, search: Search, next_url: str = "") -> Found:
    """Raises what `subscribers.check` raises."""
    found = _look(caller, search, next_url)
    following.note(caller, found.subscribers)
    return found


def subscriber(caller: Caller, id: str) -> Subscriber:
    found = caller.ask(broadworks.subscriber, id)
    following.note(caller, [found])
    return found


def found_people(caller: Caller, text: str) -> tuple[Person, ...]:
    """By e-mail, or by the start of a name."""
    query = {"email": text} if "@" in text else {"displayName": text}
    return caller.ask(people.people, query).items


def _look(caller: Caller, search: Search, next_url: str) -> Found:
    query = {"status": search.status, "spEnterpriseId": search.enterprise}
    of_package = _filter(Search(package=search.package))
    named = _filter(search) if search.enterprise else of_package
    if next_url or not search.text:
        return _pages(caller, query, named, next_url)
    for each in _routes(search):
        found = _pages(caller, {**query, **each}, of_package, "")
        if found.subscribers:
            return found
    return _pages(caller, query, named, "") if search.enterprise else Found(())


def _routes(search: Search) -> list[Mapping[str, str]]:
    """Exact ones, the likeliest first: BroadWorks user ids may look like e-mail addresses."""
    text = search.text
    if "@" in text:
        return [{"email": text, "max": EXACT}, {"userId": text, "max": EXACT}]
    if search.enterprise:
        return [{"userId": text, "max": EXACT}]
    return [{"userId": text, "max": EXACT}, {"spEnterpriseId": text}]


def _filter(search: Search) -> Callable[[Subscriber], bool] | None:
    if not search.package and not search.text:
        return None
    wanted = search.text.casefold()

    def fits(each: Subscriber) -> bool:
        known = f"{each.first_name} {each.last_name} {each.email} {each.user_id}"
        is_package = not search.package or each.package == search.package
        return is_package and wanted in known.casefold()

    return fits


def _pages(
    caller: Caller,
    query: Mapping[str, str],
    fits: Callable[[Subscriber], bool] | None,
    next_url: str,
) -> Found:
    def page(url: str) -> Page[Subscriber]:
        if url:
            return caller.ask(broadworks.next_page, url)
        return caller.ask(broadworks.subscribers, {"max": str(SHOWN), **query})

    answer = page(next_url)
    if fits is None:
        return Found(answer.items, answer.next_url)
    found, looked = [each for each in answer.items if fits(each)], len(answer.items)
    for _number in range(PAGES - 1):
        if not answer.next_url or len(found) >= SHOWN:
            break
        answer = page(answer.next_url)
        found += [each for each in answer.items if fits(each)]
        looked += len(answer.items)
    return Found(tuple(found), answer.next_url, looked)
