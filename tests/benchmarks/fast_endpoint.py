"""A token endpoint that is faster than any client here: nginx over TLS, one worker.

Needs nginx with the echo module (Debian: nginx-light, libnginx-mod-http-echo) for the latency.
"""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import certificates

ANSWER = (
    '{"access_token":"' + "A" * 100 + '","expires_in":1209599,"refresh_token":"REFRESH_TOKEN'
    + '","refresh_token_expires_in":7775999,"token_type":"Bearer","scope":"spark:people_read"}'
)  # fmt: skip
KEPT, ROTATED = "R" * 100, "${request_id}" + "R" * 68  # 32 digits, others each time

CONFIG = """
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 4096; multi_accept on; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 300s; tcp_nodelay on;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  client_body_in_single_buffer on;
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    default_type application/json;
    location /v1/access_token {{ return 200 '{answer}'; }}
    location /slow/access_token {{
      echo_read_request_body; echo_sleep {delay}; echo -n '{answer}';
    }}
  }}
}}
"""


@dataclass(frozen=True)
class Endpoint:
    port: int
    certificate: Path

    def api_url(self, *, slow: bool = False) -> str:
        return f"https://localhost:{self.port}/{'slow' if slow else 'v1'}"


@contextmanager
def running(delay: float = 0.05, *, rotate: bool = False) -> Iterator[Endpoint]:
    folder = Path(tempfile.mkdtemp())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    certificate, key = certificates.self_signed()
    (folder / "cert.pem").write_bytes(certificate)
    (folder / "key.pem").write_bytes(key)
    config = folder / "nginx.conf"
    answer = ANSWER.replace("REFRESH_TOKEN", ROTATED if rotate else KEPT)
    config.write_text(CONFIG.format(folder=folder, port=port, answer=answer, delay=delay))
    process = subprocess.Popen(["nginx", "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        _await(port)
        yield Endpoint(port, folder / "cert.pem")
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def _await(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("nginx did not start; is libnginx-mod-http-echo installed?")
