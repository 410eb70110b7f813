"""What a browser would send for a form of a page, if nobody touched it."""

from html.parser import HTMLParser


class _Form(HTMLParser):
    def __init__(self, id: str) -> None:
        super().__init__()
        self.id = id
        self.is_inside = False
        self.fields: dict[str, list[str]] = {}
        self.select = self.textarea = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        at = dict(attributes)
        if tag == "form":
            self.is_inside = at.get("id") == self.id
        if not self.is_inside:
            return
        name = at.get("name") or ""
        if tag == "textarea":
            self.textarea = name
            self.fields[name] = [""]
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in at:
            self.fields.setdefault(self.select, []).append(at.get("value") or "")
        elif tag == "input" and name and _is_sent(at):
            value = at.get("value") or ("on" if at.get("type") == "checkbox" else "")
            self.fields.setdefault(name, []).append(value)

    def handle_data(self, data: str) -> None:
        if self.is_inside and self.textarea:
            self.fields[self.textarea] = [self.fields[self.textarea][0] + data]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False
        if tag == "textarea":
            self.textarea = ""


def _is_sent(at: dict[str, str | None]) -> bool:
    if at.get("type") in ("checkbox", "radio"):
        return "checked" in at
    return at.get("type") not in ("submit", "file")


def fields_of(page: str, form_id: str) -> dict[str, list[str]]:
    parser = _Form(form_id)
    parser.feed(page.replace("\r\n", "\n"))
    assert parser.fields, f"no form #{form_id}"
    # The first line break after <textarea> belongs to the markup (HTML, 13.1.2.5); forms are sent
    # with CRLF, their hidden fields too.
    return {
        name: [each.removeprefix("\n").replace("\n", "\r\n") for each in values]
        for name, values in parser.fields.items()
    }
