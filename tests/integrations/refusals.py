"""What every refused return from Webex has in common, and rows as the database holds them."""

import html
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection, models
from django.http import HttpResponse

from integrations.models import Grant
from tests.browsing import REFUSED, PortalClient

TOKEN_ENDPOINT = "/v1/access_token"
SHOWN_ANYWAY = 5  # shorter values, such as "x", occur in any page


def rows(model: type[models.Model]) -> list[tuple[Any, ...]]:
    """Every column of every row, ciphertext as ciphertext."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{model._meta.db_table}" ORDER BY 1')
        return cursor.fetchall()


def raw(row: models.Model, column: str) -> Any:
    with connection.cursor() as cursor:
        query = f'SELECT "{column}" FROM "{row._meta.db_table}" WHERE id = %s'
        cursor.execute(query, [row.pk])
        return cursor.fetchone()[0]


def spoil(row: models.Model, column: str) -> None:
    """Puts the ciphertext of a key there that nobody has any more."""
    key = row._meta.pk.get_db_prep_value(row.pk, connection)
    with connection.cursor() as cursor:
        query = f'UPDATE "{row._meta.db_table}" SET "{column}" = %s WHERE id = %s'
        cursor.execute(query, ["gAAAAABnever" + "A" * 80, key])


def assert_refused(
    browser: PortalClient, url: str, caplog: pytest.LogCaptureFixture, **extra: Any
) -> HttpResponse:
    """Opens the callback URL and sees all of it: the answer, the wire, the rows and the log."""
    grants, calls = rows(Grant), browser.sandbox.ledger.count(TOKEN_ENDPOINT)
    caplog.clear()

    response = browser.get(url, **extra)

    assert (response.status_code, REFUSED in response.text) == (400, True)
    assert browser.sandbox.ledger.count(TOKEN_ENDPOINT) == calls
    assert rows(Grant) == grants
    ours = [entry for entry in caplog.records if entry.name.startswith("integrations.")]
    assert [entry.getMessage().startswith("Consent refused: reason=") for entry in ours] == [True]
    brought = {value for _, value in parse_qsl(urlsplit(url).query)}
    for value in (value for value in brought if len(value) > SHOWN_ANYWAY):
        assert value not in html.unescape(response.text)
        assert not any(value in entry.getMessage() for entry in caplog.records)
    return response
