"""What a refused refresh token means: the rules as a table, without Webex or a database."""

from datetime import timedelta

import pytest

from integrations.renewal.refusal_policy import (
    WITHOUT_ANY_PROOF,
    WITHOUT_PROOF,
    Client,
    Others,
    Refusal,
    RefusalPolicy,
    Trouble,
    Verdict,
)

DEFINITE, BARE = {"is_definite": True}, {"is_definite": False}
FIRST, AGAIN = {"is_repeated": False}, {"is_repeated": True}
LONG = {"doubted_for": WITHOUT_PROOF}
FOR_A_DAY = {"doubted_for": WITHOUT_ANY_PROOF}
LOST, DOUBT = Verdict.CONSENT_LOST, Verdict.DOUBT


def policy_after(answers, *, client=Client.UNKNOWN, others=Others.NOT_ASKED, **refusal):
    """`answers`: `+` somebody is accepted, `-` another is refused, `x` this one is."""
    policy, ours = RefusalPolicy(), None
    for answer in answers:
        if answer == "+":
            policy.accepted()
        elif answer == "-":
            policy.refused(Refusal(is_definite=True, is_repeated=False))
        else:
            ours = policy.refused(Refusal(**refusal))
    policy.client, policy.others = client, others
    return policy, ours


ACCEPTED, REFUSED, UNKNOWN = Client.ACCEPTED, Client.REFUSED, Client.UNKNOWN
ALONE, ASKED, NOT_ASKED = Others.NOBODY, Others.REFUSED, Others.NOT_ASKED


@pytest.mark.parametrize(
    ("answers", "client", "others", "refusal", "verdict"),
    [
        # Somebody was accepted afterwards.
        ("x+", UNKNOWN, NOT_ASKED, DEFINITE | FIRST, LOST),
        ("x+", UNKNOWN, NOT_ASKED, BARE | FIRST, DOUBT),
        ("x+", UNKNOWN, NOT_ASKED, BARE | AGAIN, LOST),
        ("+x+", REFUSED, NOT_ASKED, BARE | AGAIN, LOST),
        # In a burst everything must be repeated.
        ("--x+", UNKNOWN, NOT_ASKED, DEFINITE | FIRST, DOUBT),
        ("--x+", UNKNOWN, NOT_ASKED, DEFINITE | AGAIN, LOST),
        ("--x+", UNKNOWN, NOT_ASKED, BARE | AGAIN, LOST),
        # Accepted before, and nobody since: perhaps Webex has just gone wrong.
        ("+x", UNKNOWN, NOT_ASKED, DEFINITE | FIRST, DOUBT),
        ("+x", ACCEPTED, ASKED, DEFINITE | FIRST, DOUBT),
        # The client is refused: nobody is given up, however often.
        ("x", REFUSED, ALONE, DEFINITE | AGAIN | FOR_A_DAY, DOUBT),
        ("x", REFUSED, ALONE, BARE | AGAIN | FOR_A_DAY, DOUBT),
        # Alone, or one of two.
        ("x", ACCEPTED, ALONE, DEFINITE | FIRST, LOST),
        ("x", ACCEPTED, ALONE, BARE | FIRST, DOUBT),
        ("x", ACCEPTED, ALONE, BARE | AGAIN, LOST),
        ("-x", ACCEPTED, ALONE, DEFINITE | FIRST, LOST),
        ("-x", ACCEPTED, ALONE, BARE | AGAIN, LOST),
        ("x", ACCEPTED, NOT_ASKED, BARE | AGAIN, DOUBT),
        # Webex does not tell a right client from a wrong one: nothing is proven.
        ("x", UNKNOWN, ALONE, DEFINITE | FIRST, DOUBT),
        ("x", UNKNOWN, ALONE, DEFINITE | AGAIN | LONG, DOUBT),
        ("x", UNKNOWN, ALONE, DEFINITE | AGAIN | FOR_A_DAY, LOST),
        ("x", UNKNOWN, ALONE, BARE | AGAIN | FOR_A_DAY, DOUBT),
        # Three or more, and nobody was accepted.
        ("--x", ACCEPTED, ASKED, DEFINITE | FIRST, DOUBT),
        ("--x", ACCEPTED, ASKED, DEFINITE | AGAIN, DOUBT),
        ("--x", ACCEPTED, ASKED, DEFINITE | AGAIN | LONG, LOST),
        ("--x", ACCEPTED, ALONE, BARE | AGAIN | LONG, LOST),
        ("--x", UNKNOWN, ASKED, BARE | AGAIN | LONG, DOUBT),
    ],
)
def test_a_refused_grant_is_given_up_only_with_proof(answers, client, others, refusal, verdict):
    policy, ours = policy_after(answers, client=client, others=others, **refusal)

    assert policy.verdict(ours) is verdict


@pytest.mark.parametrize(
    ("answers", "client", "trouble"),
    [
        ("", UNKNOWN, Trouble.NONE),
        ("x", ACCEPTED, Trouble.NONE),
        ("-x", UNKNOWN, Trouble.NONE),
        ("x", REFUSED, Trouble.CLIENT),
        ("--x", REFUSED, Trouble.CLIENT),
        ("--x", ACCEPTED, Trouble.EVERYBODY),
        ("--x", UNKNOWN, Trouble.EVERYBODY),
        ("--x+", REFUSED, Trouble.BURST),
        ("x++", UNKNOWN, Trouble.NONE),
        ("-x" + 15 * "+", UNKNOWN, Trouble.NONE),
        ("--x" + 13 * "+", UNKNOWN, Trouble.NONE),
        ("--x" + 12 * "+", UNKNOWN, Trouble.BURST),
    ],
)
def test_trouble_that_is_not_one_grants_own_has_a_name(answers, client, trouble):
    policy, _ours = policy_after(answers, client=client, **DEFINITE, **FIRST)

    assert policy.trouble is trouble


def test_what_a_killed_worker_left_behind_says_nothing_about_others():
    policy = RefusalPolicy()
    policy.accepted()
    for _ in range(16):
        policy.refused(Refusal(is_definite=False, is_repeated=False, is_explained=True))

    assert not policy.is_burst


@pytest.mark.parametrize("suspects", [0, 1, 2])
def test_those_in_doubt_from_before_count_as_refused(suspects):
    policy, _ours = policy_after("x", **BARE, **AGAIN)
    policy.suspects = suspects

    assert policy.may_be_everybody == (suspects == 2)


@pytest.mark.parametrize(
    ("answers", "refusal", "wanted"),
    [
        ("x", BARE | FIRST, False),
        ("x", BARE | AGAIN, True),
        ("x", DEFINITE | FIRST, True),
        ("x+", DEFINITE | FIRST, False),
        ("+x", DEFINITE | FIRST, True),
        ("+--x", DEFINITE | FIRST, False),
    ],
)
def test_others_are_asked_only_where_it_would_decide_something(answers, refusal, wanted):
    policy, ours = policy_after(answers, **refusal)

    assert policy.wants_proof(ours) is wanted


def test_times_are_in_the_order_of_the_rules():
    assert timedelta(minutes=30) < WITHOUT_PROOF < WITHOUT_ANY_PROOF
