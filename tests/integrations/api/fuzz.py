"""The whole API against schemathesis: every check, every phase, through its own program.

    FUZZ_EXAMPLES=120 python -m pytest -s tests/integrations/api/fuzz.py

So many for each operation, over 2,000 in all, and as many walks from one to the next. At the end
stands how often each was asked, and what it answered. FUZZ_OPTIONS go to schemathesis, such as
`--include-path /grants`. In short, and with the checks of shape alone, it is `test_fuzzing.py`.
"""

import json
import logging
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integrations.api import v1
from integrations.models import BulkJob, Grant
from integrations.models.api_key import KeyScope
from integrations.operations import configuration
from tests.conftest import H1
from tests.integrations.api.conftest import SERVERS_HOST, Program
from tests.integrations.provisioning.conftest import (  # noqa: F401
    new_user,
    park_bench,
    pat,
    pat_browser,
    small_sandbox,
)

HERE = Path(__file__).parent
MOST_ENDED = 200
PAT_S_GRANT = 987_654_321
WITH_HEADERS = {"Host": SERVERS_HOST, "X-Forwarded-Proto": "https"}


@pytest.fixture
def key(make_key: Callable[..., Any]) -> str:
    return str(make_key(*KeyScope)[1])


@pytest.fixture
def known(
    link: Callable[..., Grant],
    new_user: Callable[..., Any],  # noqa: F811
    request: Any,
    key: str,
) -> dict[str, Any]:
    """As `fuzzing.known`. Numbers that are easily hit are of grants that may well end."""
    acme, pat = (request.getfixturevalue(each) for each in ("acme", "pat"))  # noqa: F811
    grant = Grant.objects.create(pk=PAT_S_GRANT, user=pat, app=acme)
    ended = [link(f"user{n}", acme, due=False).pk for n in range(MOST_ENDED)]
    request.getfixturevalue("pat_browser")
    grant.refresh_from_db()
    job = BulkJob.objects.create(
        grant=grant, hostname=H1, file_name="people.csv", columns=[], created_at=grant.granted_at
    )
    found = Program(key).ask("GET", f"/subscribers?user=pat&hostname={H1}").json()["items"]
    first, *others = (subscriber["id"] for subscriber in found)
    return {
        "user": "pat",
        "hostname": H1,
        "ids": {
            "/api/v1/grants": grant.pk,
            "/api/v1/integrations": acme.pk,
            "/api/v1/bulk-jobs": str(job.pk),
            "/api/v1/subscribers": first,
        },
        "ending": {"disconnect_grant": ended, "remove_subscriber": others},
        "bodies": {
            "provision_subscriber": new_user("UNIQUE@parkbench.example", email="UNIQUE@a.example"),
            "change_subscriber": {"firstName": "UNIQUE"},
            "make_connect_link": {"user": "pat", "hostname": H1},
            "replace_configuration": configuration.export().content,
        },
    }


@pytest.mark.django_db(transaction=True)
def test_the_whole_api(known: dict[str, Any], key: str, live_server: Any, settings: Any) -> None:
    logging.disable(logging.WARNING)  # all that is printed is the report, and what goes wrong
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.API_REQUESTS_PER_MINUTE = 0
    sent = {**WITH_HEADERS, "Authorization": f"Bearer {key}"}
    headers = [part for name, value in sent.items() for part in ("-H", f"{name}: {value}")]
    hooks = {"SCHEMATHESIS_HOOKS": "tests.integrations.api.fuzzing"}
    done = subprocess.run(
        [Path(sys.executable).with_name("schemathesis"),
         "--config-file", HERE / "schemathesis.toml", "run", v1.DOCUMENT,
         "--url", live_server.url, "--checks", "all", *headers, "--seed", "20261126",
         "--max-examples", os.environ.get("FUZZ_EXAMPLES", "120"), "--continue-on-failure",
         "--suppress-health-check", "all", "--no-shrink",
         *shlex.split(os.environ.get("FUZZ_OPTIONS", ""))],
        env=os.environ | hooks | {"FUZZ_KNOWN": json.dumps(known)},
        check=False,
    )  # fmt: skip
    assert done.returncode == 0
