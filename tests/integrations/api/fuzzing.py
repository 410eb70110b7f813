"""What schemathesis cannot know: names of who and what is there, and what an Idempotency-Key means.

    SCHEMATHESIS_HOOKS=tests.integrations.api.fuzzing FUZZ_KNOWN='{"user": "pat", …}' \
        schemathesis --config-file tests/integrations/api/schemathesis.toml run \
        integrations/api/openapi.json --url http://localhost:8000 -H "Authorization: Bearer …"
"""

import json
import os
import re
import uuid
from typing import Any

import schemathesis

HEADER = "Idempotency-Key"
# "user", "hostname", and "ids" by the beginning of a path.
known: dict[str, Any] = json.loads(os.environ.get("FUZZ_KNOWN", "{}"))


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Every other right request is about what is there; none repeats another's Idempotency-Key."""
    if case.meta is None or case.meta.generation.mode.value != "positive":
        return
    if HEADER in (case.headers or {}):
        case.headers[HEADER] = uuid.uuid4().hex
    is_known = known and len(f"{case.path_parameters}{case.query}") % 2
    if re.search(r"/(standing|subscribers|bulk-jobs)", case.path):
        given, named = case.query or {}, {name: known.get(name) for name in ("user", "hostname")}
        case.query = {**given, **named} if is_known else {**named, **given}
    for start, id in known.get("ids", {}).items():
        if is_known and case.path.startswith(start) and "id" in (case.path_parameters or {}):
            case.path_parameters = {"id": id}
