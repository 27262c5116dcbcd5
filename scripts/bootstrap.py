"""Set the project up in `.venv/`: the pinned packages, the program itself, and the system libraries Qt needs.

    python3 scripts/bootstrap.py          what the program needs
    python3 scripts/bootstrap.py --dev    also what its tests and checks need, the npm packages among it

Works from any directory, needs nothing but Python and pip, and does nothing when nothing is missing. On
Debian and Ubuntu missing system packages are installed with apt, as root or through a `sudo` that asks for no
password; elsewhere it says what is missing. Exit code 0: ready; 1: not, with the reason on standard error.

Its syntax is kept to that of Python 3.7, so that a Python that is too old can say so.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
NEWEST_TESTED = (3, 13)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "Scripts" / "python.exe" if os.name == "nt" else VENV / "bin" / "python"
STAMP = VENV / "contact-scout-setup.txt"

# Debian package -> a library of it that is looked for. What PySide6's wheels need, found by adding packages one by
# one to a minimal Debian 12 until Qt started.
QT_LIBRARIES = {
    "libgl1": "libGL.so.1",
    "libegl1": "libEGL.so.1",
    "libglib2.0-0": "libglib-2.0.so.0",
    "libxkbcommon0": "libxkbcommon.so.0",
    "libdbus-1-3": "libdbus-1.so.3",
    "libfontconfig1": "libfontconfig.so.1",
    "libgssapi-krb5-2": "libgssapi_krb5.so.2",
}
WINDOW_LIBRARIES = {
    "libxcb-cursor0": "libxcb-cursor.so.0",
    "libxkbcommon-x11-0": "libxkbcommon-x11.so.0",
    "libxcb-icccm4": "libxcb-icccm.so.4",
    "libxcb-keysyms1": "libxcb-keysyms.so.1",
    "libxcb-shape0": "libxcb-shape.so.0",
    "libwayland-cursor0": "libwayland-cursor.so.0",
    "libwayland-egl1": "libwayland-egl.so.1",
}
KEYRING_PROGRAMS = {
    "dbus": "dbus-run-session",
    "gnome-keyring": "gnome-keyring-daemon",
    "libsecret-tools": "secret-tool",
}
# Sets the clock of the processes that tests start.
CLOCK_PROGRAMS = {"faketime": "faketime"}
# The mock server of the contract tests comes from npm; only continuous integration must have it.
NPM_PROGRAMS = {"nodejs": "node", "npm": "npm"}
MOCK_SERVER = ROOT / "tests" / "contract"
# Qt's name of a writing system -> a small Debian package with a font for it. Names of people come in all of these;
# without a font Qt draws boxes.
FONTS = {
    "Latin": "fonts-dejavu-core",
    "Greek": "fonts-dejavu-core",
    "Cyrillic": "fonts-dejavu-core",
    "Arabic": "fonts-dejavu-core",
    "Hebrew": "fonts-dejavu-core",
    "Devanagari": "fonts-lohit-deva",
    "Thai": "fonts-tlwg-loma-ttf",
    "SimplifiedChinese": "fonts-wqy-zenhei",
    "Japanese": "fonts-wqy-zenhei",
    "Korean": "fonts-wqy-zenhei",
}
QT_PROBE = """
import sys
from PySide6 import QtGui, QtNetwork, QtWidgets
application = QtWidgets.QApplication([])
systems = QtGui.QFontDatabase.WritingSystem
print(*(name for name in sys.argv[1:] if not QtGui.QFontDatabase.families(systems[name])))
"""


class SetupError(Exception):
    """Something this script cannot mend; the text says what to do."""


def say(text: str) -> None:
    """Tell the person at the terminal, on standard error and at once."""
    print(text, file=sys.stderr, flush=True)


# --- the interpreter -------------------------------------------------------------------------------------------------


def use_suitable_python() -> None:
    """Go on under a newer interpreter if this one is too old and a newer one is installed."""
    if sys.version_info[:2] > NEWEST_TESTED:
        say(f"Note: Contact Scout is tested up to Python {NEWEST_TESTED[0]}.{NEWEST_TESTED[1]}; trying this one.")
    if sys.version_info[:2] >= OLDEST:
        return
    for minor in range(NEWEST_TESTED[1], OLDEST[1] - 1, -1):
        candidate = shutil.which(f"python3.{minor}")
        if candidate and runs([candidate, "-c", ""]):
            raise SystemExit(subprocess.call([candidate, __file__, *sys.argv[1:]]))
    version = sys.version.split()[0]
    raise SetupError(
        f"Contact Scout needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {version} ({sys.executable}). "
        "Install a newer one, or name it: make PYTHON=/path/to/python3.11 …"
    )


def runs(command: list[str]) -> bool:
    """Whether a command ends well; its output is dropped."""
    return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def venv_version() -> str:
    """The version of the interpreter in `.venv`, "" where it is missing or does not run."""
    if not VENV_PYTHON.exists():
        return ""
    command = [str(VENV_PYTHON), "-c", "import sys; print(*sys.version_info[:3], sep='.')"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip() if answer.returncode == 0 else ""


def make_venv() -> str:
    """Make `.venv`, or keep the one there if its Python is recent enough. Returns its version."""
    version = venv_version()
    if version and tuple(int(part) for part in version.split(".")[:2]) >= OLDEST:
        return version
    say(f"Making .venv with Python {sys.version.split()[0]} …")
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if not runs([sys.executable, "-c", "import ensurepip"]):
        # Debian ships Python without ensurepip: the pip beside the interpreter installs into .venv instead.
        command.append("--without-pip")
    subprocess.run(command, check=True)
    return venv_version()


# --- packages --------------------------------------------------------------------------------------------------------


def pip_command() -> list[str]:
    """How to call a pip that installs into `.venv`."""
    if runs([str(VENV_PYTHON), "-m", "pip", "--version"]):
        return [str(VENV_PYTHON), "-m", "pip"]
    if not runs([sys.executable, "-m", "pip", "--version"]):
        install_system_packages({"python3-pip": "pip"})
    return [sys.executable, "-m", "pip", "--python", str(VENV_PYTHON)]


def fingerprint(lock: str, python_version: str) -> str:
    """What a set-up depends on: the lock, the package's own metadata, this script, the interpreter, the place."""
    digest = hashlib.sha256()
    for path in (ROOT / lock, ROOT / "pyproject.toml", Path(__file__)):
        digest.update(path.read_bytes())
    digest.update(f"{python_version} {ROOT}".encode())
    return f"{lock} {digest.hexdigest()}"


def install_packages(dev: bool, python_version: str) -> None:
    """Install the locked packages and the program, unless a complete set-up of the same is there."""
    runtime = fingerprint("requirements.lock", python_version)
    full = fingerprint("requirements-dev.lock", python_version)
    stamp = STAMP.read_text("utf-8") if STAMP.exists() else ""
    if stamp == full or (stamp == runtime and not dev):
        return
    lock = "requirements-dev.lock" if dev else "requirements.lock"
    say(f"Installing the packages of {lock}; the first time this takes a minute or two …")
    STAMP.unlink(missing_ok=True)
    pip = [*pip_command(), "install", "--disable-pip-version-check", "--no-input", "--quiet"]
    subprocess.run([*pip, "--require-hashes", "-r", lock], cwd=ROOT, check=True)
    # The build backend is in the lock, so nothing unpinned is fetched to install the program itself.
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--editable", "."], cwd=ROOT, check=True)
    STAMP.write_text(full if dev else runtime, "utf-8")


# --- system libraries ------------------------------------------------------------------------------------------------


def is_loadable(library: str) -> bool:
    """Whether the dynamic linker finds a library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_for_qt() -> dict[str, str]:
    """Debian packages without which Qt does not start, and what of each is missing."""
    return {package: name for package, name in QT_LIBRARIES.items() if not is_loadable(name)}


def missing_for_windows() -> dict[str, str]:
    """The same for showing windows on X11 and Wayland."""
    return {package: name for package, name in WINDOW_LIBRARIES.items() if not is_loadable(name)}


def missing_for_keyring_tests() -> dict[str, str]:
    """The same for a keyring of the tests' own."""
    return {package: name for package, name in KEYRING_PROGRAMS.items() if not shutil.which(name)}


def missing_for_clock_tests() -> dict[str, str]:
    """The same for a clock that tests can set."""
    return {package: name for package, name in CLOCK_PROGRAMS.items() if not shutil.which(name)}


def missing_fonts() -> dict[str, str]:
    """Debian packages of fonts for writing systems that Qt could not draw.

    Raises:
        SetupError: Qt does not start.
    """
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [str(VENV_PYTHON), "-c", QT_PROBE, *FONTS]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        reason = (answer.stderr.strip() or f"exit code {answer.returncode}").splitlines()[-1]
        raise SetupError(f"Qt does not start: {reason}")
    missing: dict[str, list[str]] = {}
    for script in answer.stdout.split():
        missing.setdefault(FONTS[script], []).append(script)
    return {package: f"a font for {' and '.join(scripts)}" for package, scripts in missing.items()}


def is_installed(package: str) -> bool:
    """Whether Debian's package manager has a package; then apt cannot help."""
    command = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    return bool(shutil.which(command[0])) and subprocess.run(
        command, capture_output=True, text=True, check=False
    ).stdout.startswith("installed")


def install_system_packages(missing: dict[str, str]) -> None:
    """Install Debian packages with apt. Raises SetupError, with the command to give, where that cannot be done."""
    packages = sorted(missing)
    what = f"Missing on this system: {', '.join(sorted(set(missing.values())))}."
    if not shutil.which("apt-get"):
        names = " ".join(packages)
        raise SetupError(f"{what} Install that with your package manager; Debian has it in: {names}")
    if sys.platform == "linux" and os.geteuid() == 0:
        prefix = []
    elif shutil.which("sudo") and runs(["sudo", "-n", "true"]):
        prefix = ["sudo", "-n"]
    else:
        raise SetupError(f"{what} Install that with: sudo apt-get install {' '.join(packages)}")
    say(f"Installing with apt: {' '.join(packages)} …")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    install = [*apt, "install", "-y", "--no-install-recommends", *packages]
    if runs(install):
        return
    # The package lists are empty, as in a container, or old.
    runs([*apt, "update"])
    answer = subprocess.run(install, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise SetupError(f"{what} apt could not install that:\n{(answer.stderr or answer.stdout).strip()}")


def bring(missing: dict[str, str]) -> None:
    """Install what can be installed and say what cannot; whether it is a must shows when Qt starts."""
    wanted = {package: what for package, what in missing.items() if not is_installed(package)}
    if wanted:
        try:
            install_system_packages(wanted)
        except SetupError as error:
            say(str(error))


def bring_system_libraries(dev: bool) -> None:
    """Bring what Qt, its windows and fonts need, and for tests a keyring and a clock.

    Raises:
        SetupError: Qt does not start.
    """
    for_tests = {**missing_for_keyring_tests(), **missing_for_clock_tests()} if dev else {}
    bring({**missing_for_qt(), **missing_for_windows(), **for_tests})
    bring(missing_fonts())


# --- the mock server of the contract tests ----------------------------------------------------------------------------


def bring_mock_server() -> None:
    """Install the locked packages of `tests/contract` with npm, unless they are there.

    Raises:
        SetupError: In continuous integration, where it is a must; elsewhere those tests skip themselves and say so.
    """
    is_must = os.environ.get("CI") == "true"
    if is_must and sys.platform.startswith("linux"):
        bring({package: name for package, name in NPM_PROGRAMS.items() if not shutil.which(name)})
    npm = shutil.which("npm")
    if npm is None:
        reason = "npm is missing"
    else:
        wanted = hashlib.sha256((MOCK_SERVER / "package-lock.json").read_bytes()).hexdigest()
        stamp = MOCK_SERVER / "node_modules" / "contact-scout-setup.txt"
        if stamp.exists() and stamp.read_text("utf-8") == wanted:
            return
        say("Installing the mock server of the contract tests with npm …")
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        answer = subprocess.run(command, cwd=MOCK_SERVER, capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            stamp.write_text(wanted, "utf-8")
            return
        reason = f"npm ci failed:\n{(answer.stderr or answer.stdout).strip()}"
    if is_must:
        raise SetupError(f"The contract tests need their mock server, but {reason}")
    say(f"Note: the contract tests will be skipped: {reason}")


def main() -> int:
    """Set everything up. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Set Contact Scout up in .venv/.")
    parser.add_argument("--dev", action="store_true", help="also install what tests and checks need")
    arguments = parser.parse_args()
    try:
        use_suitable_python()
        install_packages(arguments.dev, make_venv())
        if sys.platform.startswith("linux"):
            bring_system_libraries(arguments.dev)
        if arguments.dev:
            bring_mock_server()
    except SetupError as error:
        say(str(error))
        return 1
    except subprocess.CalledProcessError as error:
        say(f"Set-up stopped: `{' '.join(error.cmd)}` failed with exit code {error.returncode}.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
