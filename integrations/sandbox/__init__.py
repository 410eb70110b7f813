"""A stand-in for Webex: its own HTTP server on its own port. It imports nothing of the project."""

from integrations.sandbox.core.entities import Integration, Person, Token
from integrations.sandbox.core.faults import Fault
from integrations.sandbox.core.ledger import Call, Ledger
from integrations.sandbox.core.scenario import Scenario
from integrations.sandbox.sandbox import Sandbox
from integrations.sandbox.wire.pages import PageError

__all__ = [
    "Call",
    "Fault",
    "Integration",
    "Ledger",
    "PageError",
    "Person",
    "Sandbox",
    "Scenario",
    "Token",
]
