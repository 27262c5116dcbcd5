"""What holds for the project as a whole: its rules bite, its documents agree with each other and with the code."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import app

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
GENERATED = {".venv", "build", "dist", "__pycache__"}


@pytest.fixture(scope="session")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def tracked_files(root: Path) -> Iterator[Path]:
    """The files of the repository; in an unpacked archive, everything that is not generated."""
    if (root / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
        yield from (root / name for name in listed.split("\0") if name and (root / name).is_file())
        return
    for path in root.rglob("*"):
        parts = path.relative_to(root).parts
        generated = any(part in GENERATED or part.endswith(("_cache", ".egg-info")) for part in parts)
        if path.is_file() and not generated:
            yield path


def text_files(root: Path, *suffixes: str) -> Iterator[tuple[Path, str]]:
    for path in tracked_files(root):
        if not suffixes or path.suffix in suffixes:
            try:
                yield path, path.read_text("utf-8")
            except UnicodeDecodeError:
                continue


# --- rules that tools hold -------------------------------------------------------------------------------------------


def test_import_contracts_bite_when_a_layer_is_crossed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    crossings = {
        "app/domain/outcomes.py": "import app.providers.capabilities",
        "app/providers/capabilities.py": "import app.services, app.exchange",
        "app/exchange/__init__.py": "import app.storage",
        "app/demo/__init__.py": "import app.providers",
        "app/services/__init__.py": "import PySide6.QtCore",
        "app/jobs/__init__.py": "import keyring",
        "app/storage/__init__.py": "import sqlite3",
    }
    for file, line in crossings.items():
        path = tmp_path / file
        path.write_text(f"{line}\n{path.read_text('utf-8')}", "utf-8")
    report = subprocess.run(
        [str(BIN / "lint-imports"), "--no-cache", "--no-logo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    verdicts = dict(re.findall(r"^(\S.*\S)\s+(KEPT|BROKEN)\b", report, re.MULTILINE))
    assert verdicts, report
    assert set(verdicts.values()) == {"BROKEN"}, report


def test_import_contracts_hold() -> None:
    command = [str(BIN / "lint-imports"), "--no-cache", "--no-logo"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(
    "code",
    [
        "from PySide6.QtWidgets import QMessageBox\n\nQMessageBox.warning(None, 'a', 'b')\n",
        "from PySide6.QtWidgets import QFileDialog\n\nQFileDialog.getSaveFileName()\n",
        "from qasync import asyncClose\n\nprint(asyncClose)\n",
        "import asyncio\n\nasyncio.get_event_loop()\n",
        "import asyncio\n\nasyncio.ensure_future(f())\n",
        "import time\n\ntime.sleep(1)\n",
        "import requests\n",
    ],
)
def test_calls_that_block_or_nest_the_loop_are_refused(code: str) -> None:
    command = [str(BIN / "ruff"), "check", "--no-cache", "--select", "TID251", "--output-format", "json"]
    answer = subprocess.run(
        [*command, "--stdin-filename", "app/services/example.py", "-"],
        cwd=ROOT,
        input=code,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "TID251" in {finding["code"] for finding in json.loads(answer.stdout)}


def test_no_nested_event_loop_in_the_program() -> None:
    # ruff knows calls by their full name only; `dialog.exec()` on an object has none.
    nested = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, source in text_files(ROOT / "app", ".py")
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"exec", "exec_"}
    ]
    assert nested == []


# --- documents -------------------------------------------------------------------------------------------------------


def test_version_is_the_newest_entry_of_the_changelog(project: dict[str, Any]) -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    entry = re.search(r"^## \[([^\]]+)\]", changelog, re.MULTILINE)
    assert entry is not None
    assert entry[1] == project["project"]["version"] == app.__version__
    (metainfo,) = (ROOT / "packaging").rglob("*.metainfo.xml")
    assert f'<release version="{entry[1]}"' in metainfo.read_text("utf-8")


def test_readme_names_the_two_commands_and_they_exist() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in ("demo", "test"):
        assert re.search(rf"^make {target}$", readme, re.MULTILINE)
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path, text in text_files(ROOT, ".md")
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
        if not target.startswith(("http://", "https://", "mailto:")) and not (path.parent / target).exists()
    ]
    assert broken == []


def test_every_dependency_is_explained(project: dict[str, Any]) -> None:
    decision = (ROOT / "docs" / "decisions" / "0004-dependencies.md").read_text("utf-8")
    lines = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["dev"]
    unexplained = [name for line in lines if f"| {(name := Requirement(line).name)} |" not in decision]
    assert unexplained == []


# --- lock files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_lock_has_every_dependency_with_hashes(project: dict[str, Any], name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", text.partition("\n")[2])
    assert all(" --hash=sha256:" in block for block in blocks)
    locked = {canonicalize_name(block.partition("==")[0]): block.partition("==")[2].split()[0] for block in blocks}
    wanted = project["project"]["dependencies"] + project["build-system"]["requires"]
    if "dev" in name:
        wanted = wanted + project["project"]["optional-dependencies"]["dev"]
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), requirement


# --- nothing of one machine ------------------------------------------------------------------------------------------


def test_no_package_index_and_no_path_of_one_machine() -> None:
    # Split by a character class, so that this file does not find itself.
    hosts = r"py[p]i\.org|python[h]osted\.org|extra-[i]ndex-url|find-[l]inks|trusted-[h]ost"
    paths = r"/[w]ork/(main|shared)\b|/[r]oot/|/opt/[p]ypi|C:\\[U]sers\\"
    forbidden = re.compile(f"{hosts}|{paths}")
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}" for path, text in text_files(ROOT) if (match := forbidden.search(text))
    ]
    assert found == []
