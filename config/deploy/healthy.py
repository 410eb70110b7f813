"""Health checks of containers, with nothing but what is in the image: exit code 0 is healthy.

web: it answers. beat, worker: the database has a sign of life of the last two minutes.
"""

import http.client
import os
import socket
import sys
from datetime import timedelta

OLDEST = timedelta(minutes=2)


def web() -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", _port(), timeout=4)
    connection.request("GET", "/healthz/")
    return connection.getresponse().status == 200


def _port() -> int:
    return int(os.environ.get("BIND", "127.0.0.1:8000").rpartition(":")[2])


def in_background(part: str) -> bool:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from integrations import clock
    from integrations.models import Heartbeat

    node = f"{os.environ.get('WORKER_NAME', 'worker')}@{socket.gethostname()}"  # as run says
    name = f"worker {node}" if part == "worker" else part
    return Heartbeat.objects.filter(name=name, at__gt=clock.now() - OLDEST).exists()


if __name__ == "__main__":
    sys.exit(0 if (web() if sys.argv[1] == "web" else in_background(sys.argv[1])) else 1)
