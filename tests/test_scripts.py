"""The set-up and the scripts around the tests do what the README promises."""

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from types import ModuleType

import keyring
import pytest

ROOT = Path(__file__).resolve().parent.parent


def load_script(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bootstrap() -> ModuleType:
    return load_script(ROOT / "scripts" / "bootstrap.py")


def test_an_old_python_can_read_the_set_up_and_hears_what_is_needed(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ast.parse((ROOT / "scripts" / "bootstrap.py").read_text("utf-8"), feature_version=(3, 7))
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(bootstrap.SetupError, match=r"needs Python 3\.11 or newer; this is .* make PYTHON="):
        bootstrap.use_suitable_python()


def test_set_up_says_exactly_what_is_missing_where_it_cannot_install(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(bootstrap.SetupError) as caught:
        bootstrap.install_system_packages({"libegl1": "libEGL.so.1", "fonts-dejavu-core": "a font"})
    assert "Missing on this system: a font, libEGL.so.1." in str(caught.value)
    assert "fonts-dejavu-core libegl1" in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="apt is Debian's")
def test_set_up_as_a_plain_user_gives_the_command(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\nexit 1\n")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(bootstrap.SetupError, match=r"sudo apt-get install libegl1$"):
        bootstrap.install_system_packages({"libegl1": "libEGL.so.1"})


def test_set_up_is_repeated_only_when_something_it_depends_on_changed(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    lock = tmp_path / "requirements.lock"
    lock.write_text("one==1\n")
    before = bootstrap.fingerprint("requirements.lock", "3.11.7")
    assert bootstrap.fingerprint("requirements.lock", "3.11.7") == before
    assert bootstrap.fingerprint("requirements.lock", "3.12.1") != before
    lock.write_text("one==2\n")
    assert bootstrap.fingerprint("requirements.lock", "3.11.7") != before


@pytest.mark.parametrize("ci", ["true", ""])
def test_without_npm_set_up_goes_on_but_ci_fails(
    bootstrap: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    ci: str,
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PATH", str(tmp_path))
    if ci:
        with pytest.raises(bootstrap.SetupError, match="need their mock server, but npm is missing"):
            bootstrap.bring_mock_server()
    else:
        bootstrap.bring_mock_server()
        assert "contract tests will be skipped: npm is missing" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for npm is a shell script")
def test_the_mock_server_is_installed_once_per_lock(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    npm = tmp_path / "npm"
    npm.write_text('#!/bin/sh\nmkdir -p node_modules\necho "$@" >>calls\n')
    npm.chmod(0o755)
    lock = tmp_path / "package-lock.json"
    lock.write_text("{}")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(bootstrap, "MOCK_SERVER", tmp_path)
    bootstrap.bring_mock_server()
    bootstrap.bring_mock_server()
    assert len((tmp_path / "calls").read_text().splitlines()) == 1
    lock.write_text('{"other": 1}')
    bootstrap.bring_mock_server()
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(calls) == 2
    assert all(call.startswith("ci --ignore-scripts") for call in calls)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_demo_notices_a_display_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    demo = load_script(ROOT / "scripts" / "demo.py")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    assert not demo.has_display()
    monkeypatch.setenv("DISPLAY", ":987")
    assert not demo.has_display()


@pytest.mark.skipif(sys.platform != "linux", reason="gnome-keyring is Linux's")
@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_without_a_keyring_tests_go_on_but_ci_fails(tmp_path: Path, ci: str, code: int) -> None:
    shell = shutil.which("sh")
    true = shutil.which("true")
    assert shell is not None
    assert true is not None
    script = ROOT / "scripts" / "with-keyring.sh"
    answer = subprocess.run(
        [shell, script, true], env={"PATH": str(tmp_path), "CI": ci}, capture_output=True, text=True, check=False
    )
    assert answer.returncode == code
    assert "missing dbus-run-session gnome-keyring-daemon" in answer.stderr


@pytest.mark.keyring
def test_the_keyring_of_the_tests_is_real_and_its_own() -> None:
    service, secret = f"contact-scout-{uuid.uuid4()}", "ключ-πß"
    keyring.set_password(service, "user", secret)
    try:
        # secret-tool is an independent reader of the Secret Service.
        command = ["secret-tool", "lookup", "service", service, "username", "user"]
        assert subprocess.run(command, capture_output=True, check=True).stdout.decode() == secret
        own = Path(os.environ["TEST_KEYRING_FOLDER"])
        assert list(own.glob("data/keyrings/*.keyring"))
    finally:
        keyring.delete_password(service, "user")
