import pytest

from app.domain.provider import Provider
from tests.cli.conftest import Program
from tests.support.demo_server import DemoServer

KEY = "demo-key"


@pytest.fixture
def keyless(program: Program) -> Program:
    """A program whose environment names the services but holds no keys."""
    program.environ = {name: value for name, value in program.environ.items() if not name.endswith("_KEY")}
    return program


@pytest.mark.parametrize("provider", Provider)
def test_a_key_from_standard_input_is_tried_kept_used_and_deleted(keyless: Program, provider: Provider) -> None:
    assert keyless("keys", "check", provider).code == 4
    result = keyless("keys", "set", provider, source=f"  {KEY}\r\n")
    assert result.code == 0
    assert result.written.startswith(f"{provider.label}: The key works.")
    assert keyless.keys.keys == {provider: KEY}
    assert KEY not in result.said + result.written
    checked = keyless("keys", "check", provider)
    assert (checked.code, "Key in the system keyring" in checked.written) == (0, True)
    assert keyless("keys", "delete", provider).code == 0
    assert keyless.keys.keys == {}


def test_a_refused_key_is_not_kept(keyless: Program) -> None:
    result = keyless("keys", "set", "tamtam", source="wrong-key\n")
    assert result.code == 4
    assert "not kept" in result.said
    assert "wrong-key" not in result.said + result.written
    assert keyless.keys.keys == {}


def test_no_key_on_standard_input_is_bad_usage(keyless: Program) -> None:
    assert keyless("keys", "set", "tamtam").code == 2


def test_a_keyring_that_is_locked_is_told(keyless: Program) -> None:
    keyless.keys.refused = True
    result = keyless("keys", "set", "tamtam", source=f"{KEY}\n")
    assert (result.code, "locked" in result.said) == (4, True)


def test_a_key_in_the_environment_goes_first_and_is_said_to(program: Program) -> None:
    assert "Key from the environment" in program("keys", "check", "leadfeeder").written
    assert "CONTACT_SCOUT_LEADFEEDER_KEY is set" in program("keys", "delete", "leadfeeder").said


def test_on_a_terminal_the_key_is_asked_for_without_showing_it(
    keyless: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(prompt: str, _stream: object) -> str:
        asked.append(prompt)
        return KEY

    # There is no terminal to switch the echo off on.
    monkeypatch.setattr("getpass.getpass", ask)
    assert keyless("keys", "set", "buildworkpro", terminal=True).code == 0
    assert asked == ["Key for BuildWorkPro: "]
    assert keyless.keys.keys == {"buildworkpro": KEY}


def test_a_wrong_key_in_use_is_refused_with_exit_code_4(program: Program, demo_server: DemoServer) -> None:
    program.environ["CONTACT_SCOUT_TAMTAM_KEY"] = "wrong-key"
    result = program("keys", "check", "tamtam")
    assert result.code == 4
    assert result.written.count("\n") == 1
