"""The web server: `gunicorn -c python:config.gunicorn config.wsgi`."""

worker_class = "gthread"
workers = 2
threads = 8
timeout = 60
limit_request_line = 8190  # a 4 KB authorization code must pass
# No header moves a request or makes it https; what a proxy says is Django's to believe.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
accesslog = "-"
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(M)sms'  # %(U)s: no query, so no code or state
