"""Write the two lock files from pyproject.toml. Needs uv; `make lock` says how to call it.

`requirements.lock` holds what the program needs, `requirements-dev.lock` also what its tests and checks need;
both hold the build backend, so that the package itself is installed without fetching anything unpinned. They are
made for every system and every supported Python at once, with a hash per file and without naming any index.
"""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {"requirements.lock": [], "requirements-dev.lock": ["--extra", "dev"]}
HEADER = "# Made by `make lock` from pyproject.toml. Do not edit.\n"


def find_uv() -> str | None:
    """The uv program: the one beside this interpreter, else the one on the PATH."""
    beside = shutil.which("uv", path=str(Path(sys.executable).parent))
    return beside or shutil.which("uv")


def main() -> int:
    """Write both locks; extra arguments, such as `--upgrade`, go to uv."""
    uv = find_uv()
    if uv is None:
        print("uv is missing. Install it (for example: pip install uv) and run `make lock` again.", file=sys.stderr)
        return 1
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    build_backend = "\n".join(project["build-system"]["requires"]) + "\n"
    for name, extra in LOCKS.items():
        command = [uv, "pip", "compile", "pyproject.toml", "-", *extra]
        command += ["--universal", "--python-version", "3.11", "--generate-hashes", "--output-file", name]
        command += ["--no-emit-index-url", "--no-header", "--no-annotate", "--quiet"]
        subprocess.run([*command, *sys.argv[1:]], cwd=ROOT, input=build_backend, text=True, check=True)
        lock = ROOT / name
        lock.write_text(HEADER + lock.read_text("utf-8"), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
