"""A stand-in for Webex: its own HTTP server on its own port. It imports nothing of the project."""

from integrations.sandbox.entities import Integration, Person, Token
from integrations.sandbox.faults import Fault
from integrations.sandbox.ledger import Call, Ledger
from integrations.sandbox.pages import PageError
from integrations.sandbox.sandbox import Sandbox
from integrations.sandbox.scenario import Scenario

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
