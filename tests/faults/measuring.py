"""What a case cost: the database held against the ledger of the stand-in for Webex."""

from dataclasses import dataclass, field

from integrations.models import Grant
from integrations.sandbox import Sandbox
from integrations.sandbox.core.grants import is_alive


@dataclass
class Figures:
    """`lost` and `false_dead` are ids of grants.

    lost: the row does not hold the end of the chain, or was given up because of that.
    false_dead: given up although Webex would still accept the end of the chain.
    """

    grants: int
    lost: set[int] = field(default_factory=set)
    false_dead: set[int] = field(default_factory=set)
    reuse: int = 0
    calls: int = 0
    concurrency: int = 0


def measure(sandbox: Sandbox) -> Figures:
    grants = Grant.objects.exclude(status=Grant.Status.DISCONNECTED).select_related("app")
    figures = Figures(
        grants=len(grants),
        reuse=sandbox.ledger.reuse,
        calls=token_calls(sandbox),
        concurrency=sandbox.ledger.concurrency_per_grant,
    )
    for grant in grants:
        _judge(grant, sandbox, figures)
    return figures


def token_calls(sandbox: Sandbox, **values: object) -> int:
    return sandbox.ledger.count("/v1/access_token", grant_type="refresh_token", **values)


def _judge(grant: Grant, sandbox: Sandbox, figures: Figures) -> None:
    tip = sandbox.ledger.tip(grant.person_email, grant.app.client_id)
    given_up = grant.status == Grant.Status.CONSENT_LOST
    if grant.refresh_token != tip:
        figures.lost.add(grant.pk)
    elif given_up and is_alive(sandbox.state, sandbox.state.tokens[tip]):
        figures.false_dead.add(grant.pk)
