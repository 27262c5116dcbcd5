"""Report the line coverage of the last test run by package, and fail where a held package is below its floor."""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "build" / "coverage.json"
FLOOR_PERCENT = 95.0
HELD = ("app/exchange", "app/jobs", "app/providers")


def package_of(file: str) -> str:
    """The package a file counts for: `app/NAME`, or `app` for the modules at the top."""
    parts = Path(file).parts
    return "/".join(parts[: 2 if len(parts) > 2 else 1])


def main() -> int:
    """Print the table. Returns 1 if a held package is below its floor or was not measured."""
    command = [sys.executable, "-m", "coverage", "json", "--quiet", "-o", str(REPORT)]
    subprocess.run(command, cwd=ROOT, check=True)
    files = json.loads(REPORT.read_text("utf-8"))["files"]
    lines: defaultdict[str, int] = defaultdict(int)
    covered: defaultdict[str, int] = defaultdict(int)
    for file, entry in files.items():
        lines[package_of(file)] += entry["summary"]["num_statements"]
        covered[package_of(file)] += entry["summary"]["covered_lines"]
    print(f"\n{'lines covered':<20}{'':>8}")
    failed = [package for package in HELD if not lines[package]]
    for package in sorted(lines):
        percent = 100.0 * covered[package] / lines[package] if lines[package] else 0.0
        held = package in HELD
        if held and lines[package] and percent < FLOOR_PERCENT:
            failed.append(package)
        print(f"{package:<20}{percent:>7.1f} %{f'  (at least {FLOOR_PERCENT:.0f} %)' if held else ''}")
    for package in failed:
        print(f"Too little of {package} is covered.", file=sys.stderr)
        for file, entry in sorted(files.items()):
            if package_of(file) == package and entry["missing_lines"]:
                print(f"  {file}: {', '.join(map(str, entry['missing_lines']))}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
