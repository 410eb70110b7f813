"""The web server: `gunicorn -c python:config.gunicorn config.wsgi`."""

worker_class = "gthread"
workers = 2
threads = 8
timeout = 60
limit_request_line = 8190  # a 4 KB authorization code must pass
accesslog = "-"
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(M)sms'  # %(U)s: no query, so no code or state
