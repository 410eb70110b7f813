"""A key opens what it was made for, until it ends."""

import hashlib
from datetime import timedelta

import pytest

from integrations import clock
from integrations.actions import Action
from integrations.errors import KeyRotated
from integrations.models import ApiKey, AuditEvent, BulkJob
from integrations.models.api_key import KeyScope
from integrations.operations import api_keys
from tests.conftest import H1, H2, H3
from tests.integrations.api.conftest import SERVERS_HOST, Program, code
from tests.integrations.two_brands import World

STANDING = f"/standing?user=alice&hostname={H1}"


def test_only_the_digest_of_a_key_is_kept(make_key):
    key, secret = make_key(KeyScope.STANDING_READ)

    assert key.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert secret.startswith(key.prefix)
    assert len(secret) > 46
    assert secret not in str(list(ApiKey.objects.values()))


def test_a_key_says_how_alice_stands(program, linked_alice):
    answer = program(KeyScope.STANDING_READ).ask("GET", STANDING)

    assert answer.status_code == 200
    told = answer.json()
    assert (told["state"], told["linked"], told["webex_email"]) == (
        "linked", True, "alice@acme.example",
    )  # fmt: skip
    assert told["grant"] == linked_alice.pk


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "key_missing"),
        ("Basic YWxpY2U6eA==", "key_missing"),
        ("Bearer", "unknown_key"),
        ("Bearer wim_guess", "unknown_key"),
        ("Bearer \x00", "unknown_key"),
    ],
)
def test_without_a_key_of_ours_nothing_is_said(alice, acme, header, expected):
    extra = {} if header is None else {"HTTP_AUTHORIZATION": header}

    answer = Program(**extra).ask("GET", STANDING)

    assert code(answer) == (401, expected)
    assert answer["WWW-Authenticate"].startswith("Bearer ")


def test_a_scope_opens_nothing_else(program, alice, acme):
    others = [scope for scope in KeyScope if scope != KeyScope.STANDING_READ]

    answer = program(*others).ask("GET", STANDING)

    assert code(answer) == (403, "scope_missing")
    challenge = 'Bearer error="insufficient_scope", scope="standing:read"'
    assert answer["WWW-Authenticate"] == challenge


def test_an_expired_key_says_so(program, alice, acme):
    old = program(KeyScope.STANDING_READ, expires_at=clock.now() - timedelta(seconds=1))

    assert code(old.ask("GET", STANDING)) == (401, "expired_key")


def test_a_revoked_key_ends_at_once(make_key, alice, acme):
    key, secret = make_key(KeyScope.STANDING_READ)
    assert Program(secret).ask("GET", STANDING).status_code == 200

    assert api_keys.revoke(key, now=clock.now())

    assert code(Program(secret).ask("GET", STANDING)) == (401, "revoked_key")
    assert not api_keys.revoke(key, now=clock.now())


def test_two_keys_are_alive_during_a_rotation_and_no_third(make_key, alice, acme):
    key, secret = make_key(KeyScope.STANDING_READ, hostnames=[H1])
    successor, newer = api_keys.rotate(key, by=None, now=clock.now())

    assert {Program(each).ask("GET", STANDING).status_code for each in (secret, newer)} == {200}
    assert (successor.scopes, successor.hostname_ids) == (key.scopes, key.hostname_ids)
    with pytest.raises(KeyRotated):
        api_keys.rotate(key, by=None, now=clock.now())

    api_keys.revoke(key, now=clock.now())
    api_keys.rotate(successor, by=None, now=clock.now())


def test_the_audit_trail_knows_what_became_of_a_key(make_key):
    key, _secret = make_key(KeyScope.STANDING_READ)
    api_keys.rotate(key, by=None, now=clock.now())
    api_keys.revoke(key, now=clock.now())

    found = AuditEvent.objects.of(key).order_by("pk").values_list("action", flat=True)

    assert list(found) == [Action.API_KEY_MADE, Action.API_KEY_ROTATED, Action.API_KEY_REVOKED]


def test_the_last_use_is_noted_once_a_minute(make_key, alice, acme, travel):
    key, secret = make_key(KeyScope.STANDING_READ)
    moments = []
    for _ in range(3):
        Program(secret, REMOTE_ADDR="192.0.2.7").ask("GET", STANDING)
        key.refresh_from_db()
        moments.append(key.last_used_at)
        travel(timedelta(seconds=40))

    assert moments[0] == moments[1] < moments[2]
    assert key.last_used_address == "192.0.2.7"


# --- Where --------------------------------------------------------------------------------------


def test_a_hostname_that_is_none_is_unknown(program, alice):
    for hostname in ("a b", "%06", "-", "portal_a", "https://portal-a.example.com"):
        answer = program(KeyScope.STANDING_READ).ask(
            "GET", f"/standing?user=alice&hostname={hostname}"
        )
        assert code(answer) == (404, "unknown_hostname")


@pytest.mark.parametrize("hostname", [H2, H3])
def test_a_key_limited_to_a_hostname_knows_no_other(program, alice, acme, globex, hostname):
    limited = program(KeyScope.STANDING_READ, hostnames=[H1])

    assert limited.ask("GET", STANDING).status_code == 200
    answer = limited.ask("GET", f"/standing?user=alice&hostname={hostname}")
    assert code(answer) == (404, "unknown_hostname")


def test_a_key_limited_to_an_integration_knows_no_other(program, alice, acme, globex):
    limited = program(KeyScope.STANDING_READ, apps=[acme])

    assert limited.ask("GET", STANDING).status_code == 200
    assert limited.ask("GET", f"/standing?user=alice&hostname={H2}").status_code == 404


def test_a_key_of_a_hostname_acts_for_nobody_who_linked_at_another(db, program):
    """Sharon linked at Globex's hostname; the integration is Acme's, too. So did Shirley there."""
    world = World()
    scopes, rights = (KeyScope.SUBSCRIBERS_READ,), world.anna.user_permissions.all()
    limited, unlimited = program(*scopes, hostnames=[world.hers[2]]), program(*scopes)
    jobs = BulkJob.objects.filter(grant__app=world.shared)
    assert len({job.grant.user == world.sharon for job in jobs}) == 2
    for job in jobs:
        user = job.grant.user
        user.user_permissions.set(rights)
        whom, is_hers = f"user={user.username}&hostname={world.hers[2]}", user != world.sharon
        told = code(limited.ask("GET", f"/bulk-jobs/{job.pk}?{whom}"))
        assert told == ((200, "none") if is_hers else (404, "unknown_user"))
        told = code(limited.ask("GET", f"/subscribers?{whom}&status=nonsense"))
        assert told != (404, "unknown_user") if is_hers else told == (404, "unknown_user")
        assert unlimited.ask("GET", f"/bulk-jobs/{job.pk}?{whom}").status_code == 200


def test_a_key_whose_last_integration_is_deleted_reaches_nothing(program, alice, acme, globex):
    limited = program(KeyScope.STANDING_READ, apps=[globex])
    globex.delete()

    assert limited.ask("GET", STANDING).status_code == 404


def test_at_a_branded_host_only_its_own_keys_work(program, alice, acme, globex):
    server = program(KeyScope.STANDING_READ, host=H1)
    brands = program(KeyScope.STANDING_READ, hostnames=[H1, H3], host=H1)
    another = program(KeyScope.STANDING_READ, hostnames=[H2], host=H1)

    assert code(server.ask("GET", STANDING)) == (403, "wrong_host")
    assert code(another.ask("GET", STANDING)) == (403, "wrong_host")
    assert brands.ask("GET", STANDING).status_code == 200
    assert brands.ask("GET", f"/standing?user=alice&hostname={H3}").status_code == 404


def test_an_unknown_host_is_refused_as_everywhere(make_key, alice, acme):
    _key, secret = make_key(KeyScope.STANDING_READ)

    answer = Program(secret, host="evil.example").ask("GET", STANDING)

    assert code(answer) == (400, "bad_request")
    assert answer.json()["detail"].startswith("No portal answers at this address.")
    assert SERVERS_HOST not in answer.text


# --- How often ----------------------------------------------------------------------------------


def test_who_asks_too_often_is_told_when_to_come_back(program, alice, acme, settings):
    settings.API_REQUESTS_PER_MINUTE = 60  # one a second, two at once
    busy, other = program(KeyScope.STANDING_READ), program(KeyScope.STANDING_READ)

    answers = [busy.ask("GET", STANDING) for _ in range(6)]

    refused = [each for each in answers if each.status_code == 429]
    assert 3 <= len(refused) <= 5
    assert code(refused[0]) == (429, "too_many_requests")
    assert refused[0]["Retry-After"] == "1"
    assert other.ask("GET", STANDING).status_code == 200
