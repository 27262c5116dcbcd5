"""The steps of the rep's own work as the window shows them, and the way through them: undo, redo, go to a step."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.domain.changes import Change, ChangeKind
from app.domain.errors import ContactScoutError
from app.domain.undo import UndoReport, UndoStep
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.tasks import TaskScope
from app.ui.failures import failure_handler
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services

MOST_NAMED = 3

_Run = Callable[[], Awaitable[UndoReport | None]]


@dataclass(frozen=True, slots=True)
class Journey:
    """The way from the present state to the one after a step.

    Attributes:
        steps: What is undone, or done again, in the order it happens; () where that state is the present one.
        undoing: Whether they are undone.
    """

    steps: tuple[UndoStep, ...] = ()
    undoing: bool = False

    @property
    def sentence(self) -> str:
        """What going there does, in words; "" where nothing happens."""
        if not self.steps:
            return ""
        names = [step.name for step in self.steps[:MOST_NAMED]]
        more = len(self.steps) - len(names)
        told = "; ".join(names) + (f"; and {count(more, 'more step')}" if more > 0 else "")
        verb = "Undoes" if self.undoing else "Does again"
        return f"{verb}: {told}." if len(self.steps) == 1 else f"{verb} {count(len(self.steps), 'step')}: {told}."


class UndoHistory(QObject):
    """Follows the steps. One move through them at a time.

    Signals:
        changed: There are other steps, or a move has begun or ended.
        said: A sentence for the status bar.
        failed: A `ContactScoutError`.
        warned: A sentence on what could not be taken back in full.
    """

    changed = Signal()
    said = Signal(str)
    failed = Signal(object)
    warned = Signal(str)

    def __init__(self, services: "Services", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._steps: tuple[UndoStep, ...] = ()
        self._moving = ""
        self._scope = TaskScope("history", failure_handler(self.failed.emit))
        self._bridge = ChangeBridge(services.changes, self)
        self._bridge.changed.connect(self._on_change)
        self.reload()

    async def shut_down(self) -> None:
        """Stop listening, and what runs."""
        self._bridge.close()
        await self._scope.aclose()

    @property
    def steps(self) -> tuple[UndoStep, ...]:
        """All steps, the newest first; those that were undone come first of all."""
        return self._steps

    @property
    def moving(self) -> str:
        """What runs now, such as “Undoing”; "" for nothing."""
        return self._moving

    @property
    def to_undo(self) -> UndoStep | None:
        """The step that Undo takes back: the present state is the one after it."""
        return next((step for step in self._steps if not step.undone), None)

    @property
    def to_redo(self) -> UndoStep | None:
        """The step that Redo does again."""
        return next((step for step in reversed(self._steps) if step.undone), None)

    def journey(self, step: UndoStep | None) -> Journey:
        """The way to the state after a step; None stands for the state before all of them."""
        if step is not None and step.undone:
            return Journey(
                tuple(each for each in reversed(self._steps) if each.undone and each.step_id <= step.step_id)
            )
        oldest = step.step_id if step is not None else -1
        return Journey(tuple(each for each in self._steps if not each.undone and each.step_id > oldest), undoing=True)

    def reload(self) -> None:
        """Read the steps again."""
        self._scope.replace("read", self._read())

    def undo(self) -> None:
        """Take the newest step back."""
        self._move("Undoing", "Undone", self._services.own_work.undo)

    def redo(self) -> None:
        """Do the step again that was undone last."""
        self._move("Redoing", "Done again", self._services.own_work.redo)

    def go_after(self, step: UndoStep | None) -> None:
        """Undo or redo whatever lies between the present state and the one after a step, as `journey` tells."""
        journey = self.journey(step)
        if not journey.steps:
            return
        own_work, last = self._services.own_work, journey.steps[-1].step_id
        number = len(journey.steps)
        done = "Undone" if journey.undoing else "Done again"
        self._move(
            "Undoing" if journey.undoing else "Redoing",
            done if number == 1 else f"{done}: {count(number, 'step')}",
            lambda: own_work.go_to(last),
            named=number == 1,
        )

    def _move(self, doing: str, done: str, run: _Run, *, named: bool = True) -> None:
        if not self._moving:
            self._set_moving(doing)
            self._scope.start(self._run(done, run, named=named), "move")

    async def _run(self, done: str, run: _Run, *, named: bool) -> None:
        try:
            report = await run()
        except ContactScoutError as error:
            self.failed.emit(error)
            return
        finally:
            self._set_moving("")
        if report is None:
            return
        told = f"{done}: {report.step.name}" if named else done
        self.said.emit(told)
        if report.left:
            self.warned.emit(
                f"{told}. {count(report.left, 'value')} had been changed otherwise since, and "
                f"{'stays' if report.left == 1 else 'stay'} as {'it is' if report.left == 1 else 'they are'}."
            )

    async def _read(self) -> None:
        self._steps = tuple(await self._services.own_work.steps())
        self.changed.emit()

    def _set_moving(self, doing: str) -> None:
        self._moving = doing
        self.changed.emit()

    def _on_change(self, change: Change) -> None:
        if change.kind is ChangeKind.HISTORY:
            self.reload()
