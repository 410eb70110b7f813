"""What strangers send: whole requests, and halves of which the rest never comes."""

from tests.attacks.web_server import request

UPLOAD = request(
    "POST",
    "/sign-in/",
    "Content-Type: multipart/form-data; boundary=x",
    "Content-Length: 400000000",
) + b"x" * (64 * 1024)  # the rest never comes
ANONYMOUS = {
    "too many parameters": request("GET", "/sign-in/?" + "a&" * 2001),
    "a host that is not ours": request("GET", "/", host="evil.example"),
    "not ready": request("GET", "/readyz/"),
    "a prefetch": request("GET", "/webex/callback/?code=a&state=b", "Sec-Purpose: prefetch"),
    "an upload of 400 MB": UPLOAD,
    "a page that is not there": request("GET", "/nowhere/"),
}

COOKIE = "Cookie: csrftoken=" + "a" * 32  # or nobody would read what follows
FORM = "Content-Type: application/x-www-form-urlencoded", "Content-Length: 400", COOKIE
HALF = {
    "nothing": b"",
    "half a first line": b"GET /sign-",
    "half a head": request("GET", "/sign-in/")[:-2],
    "half a body": request("POST", "/sign-in/", *FORM) + b"username=alice",
    "a second request by halves": b"GET /healthz/ HTTP/1.1\r\nHost: a\r\n\r\nGET /sign-in/ HT",
}
