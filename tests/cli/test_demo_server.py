import signal
import socket
import subprocess
import sys

import httpx
import pytest

from app.cli import main
from tests.support.demo_server import PATIENCE
from tests.support.programs import started


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_it_says_where_it_listens_serves_and_ends_on_a_signal() -> None:
    argv = [sys.executable, "-m", "app", "demo-server", "--port", "0", "--contacts", "50", "--seed", "7"]
    with (
        started(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
        httpx.Client(trust_env=False, timeout=PATIENCE) as client,
    ):
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line.startswith("listening on http://127.0.0.1:")
        url = line.removeprefix("listening on ")
        answer = client.get(f"{url}/talktohumans/v1/accounts", headers={"Authorization": "Bearer demo-key"})
        assert answer.status_code == 200
        assert client.get(f"{url}/_control/ledger").json()["totals"]["requests"] == {"talktohumans": 1}
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
        assert (process.returncode, errors) == (0, "")


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert main(["demo-server", "--port", str(port), "--contacts", "10"]) == 2
    assert f"cannot listen on port {port}" in capsys.readouterr().err
