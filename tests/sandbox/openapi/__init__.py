"""Cisco's own description of the routes, and whether an answer keeps to it.

`webex.json` says where it comes from and under which licence.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

SPEC: dict[str, Any] = json.loads((Path(__file__).parent / "webex.json").read_text())
LIST_OF_ENTERPRISES = "#/components/schemas/EnterpriseListResponse"


def faults(method: str, path: str, status: int, body: Any) -> list[str]:
    """What is wrong with an answer: an undeclared status, an unknown field, a wrong type."""
    template = _template(path)
    declared = SPEC["paths"][template][method.lower()]["responses"]
    if str(status) not in declared:
        return [f"{status} is not declared."]
    if "content" not in declared[str(status)]:
        return [] if status >= 400 or body is None else ["There is a body."]
    reference = declared[str(status)]["content"]["application/json"]["schema"]["$ref"]
    return [f"{error.instance_path}: {error.message}" for error in _errors(reference, body)]


def _template(path: str) -> str:
    """`/people/me` before `/people/{personId}`."""
    path = path.partition("?")[0].removeprefix("/v1")
    for template in sorted(SPEC["paths"], key=lambda each: each.count("{")):
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return str(template)
    raise KeyError(path)


def _errors(reference: str, body: Any) -> Any:
    return _validator(reference).iter_errors(body)


@cache
def _validator(reference: str) -> Any:
    components = _closed(SPEC["components"])
    schema: dict[str, Any] = {"$ref": reference}
    if reference == LIST_OF_ENTERPRISES:  # it describes one; the example is a list of them
        items = {"type": "array", "items": schema}
        schema = {"properties": {"items": items}, "required": ["items"]}
    return jsonschema_rs.Draft4Validator({"allOf": [schema], "components": components})


def _closed(schema: Any) -> Any:
    """Cisco's schemas allow any further field; the sandbox shall not invent one."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(each) for name, each in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed["additionalProperties"] = False
    return closed
