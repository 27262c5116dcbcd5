"""Open the window on the demo services, or run the tour off-screen where there is no display."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
PROGRAM = Path(sys.executable).with_name("contact-scout")


def has_display() -> bool:
    """Whether a window can be opened; a display that is named but does not answer is none."""
    if sys.platform in {"darwin", "win32"}:
        return True
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    code = "from PySide6.QtGui import QGuiApplication; QGuiApplication([])"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def open_window() -> NoReturn:
    """Become the program, so that Ctrl+C reaches it alone. What was done in an earlier demo is still there."""
    print("Opening Contact Scout on the demo services. Nothing here is a real person or costs a credit.", flush=True)
    os.execv(PROGRAM, [str(PROGRAM), "--demo", "--profile", str(BUILD / "demo")])


def run_tour() -> int:
    """Drive the real window through the main job without a display, from an empty library."""
    pictures, profile = BUILD / "tour", BUILD / "tour-profile"
    for folder in (pictures, profile):
        shutil.rmtree(folder, ignore_errors=True)
    print(f"No display, so the tour runs off-screen. Its pictures go to {pictures.relative_to(ROOT)}/ …", flush=True)
    command = [str(part) for part in (PROGRAM, "--demo", "--profile", profile, "--tour", pictures)]
    code = subprocess.run(command, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}, check=False).returncode
    if code == 0:
        count = len(list(pictures.glob("*.png")))
        print(f"Done: {count} pictures, the exported CSV and tour.json are in {pictures.relative_to(ROOT)}/.")
    else:
        print(f"The tour failed with exit code {code}.", file=sys.stderr)
    return code


if __name__ == "__main__":
    os.chdir(ROOT)
    if has_display():
        open_window()
    sys.exit(run_tour())
