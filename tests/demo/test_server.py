import signal
import socket
import subprocess
import sys

import httpx
import pytest

from app.domain.provider import Provider
from tests.support.demo_server import PATIENCE, DemoServer, DemoServerProcess
from tests.support.programs import started


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_ends_cleanly(end: signal.Signals) -> None:
    program = "import sys; from app.demo.server import run_demo_server; sys.exit(run_demo_server(0, 50))"
    command = [sys.executable, "-c", program]
    with (
        started(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
        httpx.Client(trust_env=False, timeout=PATIENCE) as client,
    ):
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        url = line.split()[-1]
        # A connection that is kept alive must not hold up the end.
        assert client.get(f"{url}/_control/ledger").status_code == 200
        assert client.get(f"{url}/tamtam/api/v2/credits").status_code == 401
        process.send_signal(end)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (0, "", "")


def test_it_listens_on_the_loopback_interface_only() -> None:
    with DemoServer() as server:
        port = httpx.URL(server.base_url).port
        assert port is not None
        with pytest.raises(OSError, match=r"refused|timed out|unreachable|requested address"):
            socket.create_connection(("127.0.0.2", port), timeout=1)


def test_a_taken_port_is_told_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        program = f"import sys; from app.demo.server import run_demo_server; sys.exit(run_demo_server({port}))"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert str(port) in done.stderr


def test_a_process_of_its_own_can_be_asked_and_steered() -> None:
    with DemoServerProcess(contacts=200) as server:
        ids = server.rows(Provider.TAMTAM)
        answer = httpx.post(
            server.url(Provider.TAMTAM) + "/v1/contacts",
            headers={"Authorization": server.key},
            json={"contact_ids": ids[:10]},
            trust_env=False,
            timeout=PATIENCE,
        )
        assert {row["contact_id"] for row in answer.json()} == set(ids[:10])
        assert server.requests(Provider.TAMTAM, "/v1")[0]["ids"] == ids[:10]
        server.set_credits(Provider.LEADFEEDER, 7)
        assert server.credits()["leadfeeder"]["123456"]["remaining"] == 7
        assert server.environ()["CONTACT_SCOUT_TAMTAM_URL"] == f"{server.base_url}/tamtam/api"
    assert server.process is not None
    assert server.process.returncode == 0


def test_two_servers_do_not_share_books(demo_server: DemoServer) -> None:
    with DemoServer(demo_server.data) as other:
        with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
            client.get(other.url(Provider.TAMTAM) + "/v2/credits", headers={"Authorization": other.key})
        assert len(other.requests()) == 1
        assert demo_server.requests() == []
