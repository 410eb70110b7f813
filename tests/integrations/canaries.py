"""Every secret of a run, as Webex saw it: codes, verifiers, client secrets and tokens."""

from integrations.sandbox import Sandbox
from tests.integrations.refusals import TOKEN_ENDPOINT

SECRET_PARAMETERS = ("code", "code_verifier", "client_secret", "refresh_token")


def canaries(sandbox: Sandbox) -> set[str]:
    sent = {
        call.form[name]
        for call in sandbox.ledger.find(TOKEN_ENDPOINT)
        for name in SECRET_PARAMETERS
        if name in call.form
    }
    issued = {token.value for token in sandbox.ledger.tokens}
    registered = {each.client_secret for each in sandbox.state.integrations.values()}
    assert sent
    assert issued
    return sent | issued | registered


def found_in(text: str, sandbox: Sandbox) -> set[str]:
    return {secret for secret in canaries(sandbox) if secret in text}
