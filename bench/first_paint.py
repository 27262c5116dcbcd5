"""How soon the window is there, with a full library and with a handful of contacts, against a bare window of Qt's."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

STARTS = 7
START_TARGET = 1.8
START = """
import os, sys, time
started = float(sys.argv[1])
def now():
    return f"{time.time() - started} {time.process_time()}"
if sys.argv[2] == "bare":
    from PySide6.QtWidgets import QApplication, QMainWindow
    class Bare(QMainWindow):
        def paintEvent(self, event):
            super().paintEvent(event)
            print(now(), flush=True)
            os._exit(0)
    app = QApplication([])
    window = Bare()
    window.resize(1200, 800)
    window.show()
    app.exec()
else:
    import app.__main__
    from app.first_moments import rubbish_left_until_shown
    with rubbish_left_until_shown():  # in the order of app.__main__
        import app.composition
        from pathlib import Path
        from PySide6.QtCore import QTimer
        from app.application import WindowOptions, run_window
        from app.storage.profile import Profile
        from app.ui.main_window import MainWindow
        class Told(MainWindow):
            def paintEvent(self, event):
                super().paintEvent(event)
                if not hasattr(self, "told"):
                    self.told = True
                    first.append(now())
        first = []
        def create(services, reporter, options):
            window = Told(services, reporter=reporter, demo=False)
            def look():
                model = window.library.model
                if first and model.rowCount() and model.entry(model.contact_id(0)) is not None:
                    print(first[0], now(), flush=True)
                    os._exit(0)
            window.watch = QTimer(window, interval=2)
            window.watch.timeout.connect(look)
            window.watch.start()
            return window
        run_window(WindowOptions(Profile(Path(sys.argv[2]))), create_window=create)
"""


def measure_starts(full: Path, empty: Path) -> None:
    """Print how long the first paint takes, with a full library and with a handful of contacts, against Qt's own.

    The starts take turns, each after one that nobody measures, and all find compiled modules, as installed programs do.
    """
    places = {"bare": "bare", "100,000 contacts": str(full), "a few contacts": str(empty)}
    with tempfile.TemporaryDirectory() as compiled:
        environ = {**os.environ, "PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
        for what in places.values():
            _start(what, environ)
        rounds = [{name: _start(what, environ) for name, what in places.items()} for _ in range(STARTS)]
    wall, work = (median(each["bare"][place] for each in rounds) for place in (0, 1))
    print(f"First paint of the window, from the start of the process (a bare window: {_ms(wall)}, {_ms(work)} of work)")
    for name in list(places)[1:]:
        waited, worked, rows, _ = (median(values) for values in zip(*(each[name] for each in rounds), strict=True))
        against = [median(each[name][place] / each["bare"][place] for each in rounds) for place in (0, 1)]
        verdict = "kept" if against[1] <= START_TARGET else "MISSED"
        print(
            f"  {name:<24}{_ms(waited)}, {against[0]:.1f} times the bare window; {_ms(worked)} of work,"
            f" {against[1]:.1f} times (target ≤ {START_TARGET}: {verdict}); first rows after {_ms(rows)}"
        )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _start(what: str, environ: dict[str, str]) -> list[float]:
    command = [sys.executable, "-c", START, repr(time.time()), what]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=60, env=environ)
    return [float(word) for word in done.stdout.split()]
