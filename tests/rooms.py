"""Draws the rooms and who imports whom: `python -m tests.rooms`. Fails on a circle."""

import sys
from graphlib import CycleError, TopologicalSorter

import grimp

ABOVE = ("accounts", "config")
HIDDEN = ("integrations.migrations",)


def arrows() -> dict[str, set[str]]:
    """Each room with the rooms it imports; all words are one room."""
    graph = grimp.build_graph(*ABOVE, "integrations")
    packages = {name for name in graph.find_children("integrations") if graph.find_children(name)}

    def room(module: str) -> str:
        owner = ".".join(module.split(".")[:2])
        if module.startswith(ABOVE):
            return module.split(".")[0]
        return owner.removeprefix("integrations.") if owner in packages else "(words, wiring)"

    found: dict[str, set[str]] = {}
    for module in graph.modules:
        if not module.startswith(HIDDEN):
            theirs = {room(each) for each in graph.find_modules_directly_imported_by(module)}
            found.setdefault(room(module), set()).update(theirs - {room(module)})
    return found


def main() -> None:
    rooms = arrows()
    verbs = {name: to - {"(words, wiring)"} for name, to in rooms.items()}
    try:
        order = list(
            TopologicalSorter({k: v for k, v in verbs.items() if k[0] != "("}).static_order()
        )
    except CycleError as circle:
        sys.exit(f"A circle: {' → '.join(circle.args[1])}")
    for name in reversed(order):
        print(f"{name:14} → {', '.join(sorted(verbs[name])) or '–'}")


if __name__ == "__main__":
    main()
