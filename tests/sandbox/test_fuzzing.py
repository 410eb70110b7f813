"""Does any request, right or wrong by Cisco's description, bring a route out of step?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.sandbox import Sandbox
from tests.sandbox.conftest import ENTERPRISES, REPORTS, SUBSCRIBERS, Administrator
from tests.sandbox.openapi import SPEC
from tests.sandbox.test_workspaces import ROOM, WORKSPACES

pytestmark = pytest.mark.slow
EXAMPLES = 10
SEED = 20261126


@pytest.fixture
def known_ids(pat: Administrator) -> dict[str, str]:
    """By the beginning of a path, an id that leads somewhere."""
    row = pat.items(f"{SUBSCRIBERS}?status=provisioned")[0]
    return {
        SUBSCRIBERS: row["id"],
        "/v1/subscribers": pat.items(f"{SUBSCRIBERS}?status=pending_user_migration")[0]["id"],
        ENTERPRISES: pat.items(ENTERPRISES)[0]["id"],
        REPORTS: pat.call("POST", REPORTS, {"billingPeriod": "2025-10"}).json["id"],
        WORKSPACES: pat.call("POST", WORKSPACES, ROOM).json["id"],
        "/v1/identity/organizations": pat.items(ENTERPRISES)[0]["orgId"],
        "/v1/people": row["personId"],
        "/v1/organizations": pat.items("/v1/organizations")[0]["id"],
    }


def test_no_request_of_a_right_or_wrong_shape_breaks_a_route(
    sandbox: Sandbox, pat: Administrator, known_ids: dict[str, str]
) -> None:
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    conformance = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]
    seen: set[tuple[str, int]] = set()

    def check(case: Any) -> None:
        known = next((v for k, v in known_ids.items() if f"/v1{case.path}".startswith(k)), "")
        if len(str(case.path_parameters)) % 2:  # the other half stay ids that lead nowhere
            case.path_parameters = dict.fromkeys(case.path_parameters, known)
        response = case.call(
            base_url=sandbox.api_url, headers={"Authorization": f"Bearer {pat.token}"}
        )
        case.validate_response(response, checks=conformance)
        seen.add((case.operation.label, response.status_code // 100))

    for result in schemathesis.openapi.from_dict(SPEC).get_all_operations():
        fuzz(result.ok(), check)
    answered = {label for label, kind in seen if kind == 2}
    assert len(answered) >= 15
    assert {kind for _, kind in seen} == {2, 4}


def fuzz(operation: Any, check: Callable[[Any], None], examples: int = EXAMPLES) -> None:
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from schemathesis import GenerationMode

    calm = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    modes = [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if operation.body else [])]
    for mode in modes:
        strategy = operation.as_strategy(generation_mode=mode)
        seed(SEED)(calm(given(case=strategy)(check)))()
