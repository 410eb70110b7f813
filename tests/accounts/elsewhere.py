"""Places that no page of the portal may lead to, however they are spelt."""

from tests.conftest import H1, H2

ELSEWHERE = [
    "//evil.com", "///evil.com", "/\\evil.com", "\\\\evil.com", "http:evil.com",
    "https:///evil.com", f"javascript://{H1}/%0aalert(1)", f"https://{H1}@evil.com",
    f"https://{H1}.evil.com", f"https://evil.c℀.{H1}", f"http://{H1}/", f"https://{H2}/",
    "\x00/", "/\x00", " /webex/", " //evil.com", "/\tevil.com", "/..//evil.com", "/.//evil.com",
    "/x\r\nSet-Cookie: a=b", "/" + "x" * 600, "evil.com",
]  # fmt: skip
