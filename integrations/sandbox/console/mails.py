"""The portal's mails, where it writes them into a folder: an inbox for whoever tries it out."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from integrations.sandbox.core.http import Request, Response, Routes
from integrations.sandbox.core.state import State
from integrations.sandbox.wire.pages import english_page

routes = Routes()
NEWEST = 100
SEPARATOR = b"-" * 79 + b"\n"  # between the mails of a file of Django's


@routes("GET", "/sandbox/mails/")
def inbox(state: State, request: Request) -> Response:
    folder = state.mail_folder
    mails = [_shown(mail) for mail in _newest(folder)] if folder else []
    context = {"section": "mails", "folder": str(folder or ""), "mails": mails}
    return english_page("mails.html", context)


def _newest(folder: Path) -> Iterator[EmailMessage]:
    files = sorted(folder.glob("*.log"), key=lambda file: -file.stat().st_mtime_ns)
    for file in files[:NEWEST]:
        for text in reversed(file.read_bytes().split(SEPARATOR)):
            if text.strip():
                yield message_from_bytes(text, policy=policy.default)


def _shown(mail: EmailMessage) -> dict[str, str]:
    body = mail.get_body(("plain",))
    heads = {name: str(mail[name] or "") for name in ("from", "to", "subject", "date")}
    return heads | {"text": body.get_content().strip() if body else ""}
