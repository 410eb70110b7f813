"""The demo as a program: it keeps its data, keeps its secrets, and dies as one."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import (
    ROOT,
    Demo,
    demo_environment,
    embedded_environment,
    free_port,
    read_line,
)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    started = []

    def run(*arguments: str, folder: Path | None = None) -> "subprocess.Popen[str]":
        environment = embedded_environment(folder) if folder else demo_environment(tmp_path)
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", *arguments],
            cwd=ROOT, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        started.append(process)
        return process

    yield run
    for process in started:
        process.terminate()
        process.communicate(timeout=30)


def until_ready(process: "subprocess.Popen[str]") -> str:
    return "".join(iter(lambda: read_line(process), "Ctrl-C stops everything.\n"))


def test_everything_it_keeps_is_readable_by_its_owner_only(demo: Demo) -> None:
    files = [file for file in (demo.folder / ".demo").iterdir() if file.is_file()]

    assert "env" in [file.name for file in files]
    assert {stat.S_IMODE(file.stat().st_mode) & 0o077 for file in files} == {0}


def test_it_prints_where_to_click_and_with_which_password(demo: Demo) -> None:
    for text in ("acme.localhost", "globex.localhost", "/admin/", demo.sandbox, demo.password):
        assert text in demo.output


def test_an_unknown_host_is_refused_by_the_running_server(demo: Demo) -> None:
    request = urllib.request.Request(demo.at("127.0.0.1"), headers={"Host": "evil.example.com"})

    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(request)


@pytest.mark.slow
def test_a_second_start_finds_keys_and_data_and_obeys_other_ports(start) -> None:
    ports = ("--port", str(free_port()), "--sandbox-port", str(free_port()))
    first = start(*ports)
    password = until_ready(first).partition("password")[2].split()[0]

    clash = start()
    output = clash.communicate(timeout=30)[0]
    assert "A demo is running in" in output
    assert "reset" not in output
    assert clash.returncode == 1

    first.send_signal(signal.SIGINT)
    assert "Everything is kept" in first.communicate(timeout=30)[0]
    assert first.returncode == 0

    port = str(free_port())
    output = until_ready(start("--port", port))
    assert password in output
    assert f"http://acme.localhost:{port}/" in output


@pytest.mark.slow
def test_a_port_that_another_program_has_is_no_reason_to_delete_anything(start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        process = start("--port", str(other.getsockname()[1]))
        output = process.communicate(timeout=30)[0]

    assert "is taken by another program" in output
    assert "reset" not in output


@pytest.mark.slow
def test_what_an_empty_demo_prints_answers(empty_demo: Demo) -> None:
    addresses = re.findall(r"http://[^\s]+", empty_demo.output)

    assert len(addresses) == 3  # the settings, the sandbox and its inbox
    for address in addresses:
        assert urllib.request.urlopen(address).status == 200


@pytest.mark.slow
def test_other_commands_find_the_demo_by_the_line_it_prints(demo: Demo) -> None:
    line = re.search(r"Other commands +(ENV_FILE=\S+) ", demo.output)[1]
    clean = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    command = f"{line} {sys.executable} manage.py status"

    done = subprocess.run(
        command, shell=True, cwd=ROOT, env=clean, capture_output=True, text=True, timeout=60
    )

    assert "workers" in done.stdout, done.stderr
    assert done.stderr == ""


@pytest.fixture
def start_below(start, tmp_path: Path) -> Callable[[str], "subprocess.Popen[str]"]:
    """A demo that works, in a folder of this name."""

    def run(name: str) -> "subprocess.Popen[str]":
        folder, port = tmp_path / name, free_port()
        folder.mkdir(parents=True)
        ports = ("--port", str(port), "--sandbox-port", str(free_port()))
        process = start(*ports, folder=folder)
        until_ready(process)
        ready = urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz/background/")
        assert ready.status == 200
        assert (folder / ".demo" / "portal.sqlite3").exists()
        return process

    return run


@pytest.mark.slow
def test_when_one_part_dies_all_stop_and_the_part_is_named(start_below) -> None:
    process = start_below("a+b #c?d%41")
    children = parts_of(process.pid)

    os.kill(children["beat"], signal.SIGKILL)
    output = process.communicate(timeout=30)[0]

    assert process.returncode == 1
    assert "beat died" in output
    assert not [name for name, pid in children.items() if is_alive(pid)]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="parent-death signals exist on Linux only")
def test_a_killed_demo_leaves_nothing_running(start_below) -> None:
    process = start_below("/".join(["deep" * 10] * 4))
    children = parts_of(process.pid)

    process.kill()

    deadline = time.monotonic() + 15
    while any(map(is_alive, children.values())) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [name for name, pid in children.items() if is_alive(pid)]


def parts_of(parent: int) -> dict[str, int]:
    listing = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(parent)], capture_output=True, text=True
    ).stdout
    names = ("webex_sandbox", "valkey", "gunicorn", "worker", "beat")
    rows = [line.split(maxsplit=1) for line in listing.splitlines()]
    return {name: int(pid) for name in names for pid, command in rows if name in command}


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
