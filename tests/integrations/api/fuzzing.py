"""What schemathesis cannot know: who and what is there, and what an Idempotency-Key means."""

import atexit
import json
import os
import re
import sys
import uuid
from collections import Counter
from typing import Any

import schemathesis

HEADER = "Idempotency-Key"
# "user" and "hostname"; "ids" by the beginning of a path; by operations, ids to be "ending" with
# and "bodies" that are taken.
known: dict[str, Any] = json.loads(os.environ.get("FUZZ_KNOWN", "{}"))
answers: dict[str, Counter[int]] = {}  # by operation


def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Every other right request is about what is there; none repeats another's Idempotency-Key."""
    if case.meta is None or case.meta.generation.mode.value != "positive":
        return
    if HEADER in (case.headers or {}):
        case.headers[HEADER] = uuid.uuid4().hex
    is_known = known and len(f"{case.path_parameters}{case.query}{case.body}") % 2
    if re.search(r"/(standing|subscribers|bulk-jobs)", case.path):
        given, named = case.query or {}, {name: known.get(name) for name in ("user", "hostname")}
        case.query = {**given, **named} if is_known else {**named, **given}
    if is_known:
        _be_about_what_is_there(case)


def _be_about_what_is_there(case: Any) -> None:
    name = case.operation.definition.raw["operationId"]
    for start, id in known.get("ids", {}).items():
        if case.path.startswith(start) and "id" in (case.path_parameters or {}):
            case.path_parameters = {"id": id}
    if (ending := known.get("ending", {}).get(name)) is not None:
        case.path_parameters = {"id": ending.pop() if ending else 1}
    if body := known.get("bodies", {}).get(name):
        case.body = json.loads(json.dumps(body).replace("UNIQUE", uuid.uuid4().hex[:12]))
        case.headers = {**(case.headers or {}), "If-Match": "*"}


def after_call(context: Any, case: Any, response: Any) -> None:
    answers.setdefault(case.operation.label, Counter())[response.status_code] += 1


def tell() -> None:
    for label, found in sorted(answers.items()):
        told = ", ".join(f"{number}× {status}" for status, number in sorted(found.items()))
        sys.stdout.write(f"{label:45} {found.total():6}  {told}\n")


if "SCHEMATHESIS_HOOKS" in os.environ:  # its program; in a test they would hold for all after it
    schemathesis.hook(before_call)
    schemathesis.hook(after_call)
    atexit.register(tell)
