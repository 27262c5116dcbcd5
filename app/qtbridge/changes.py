"""Change records as a Qt signal, at most one per kind and interval, so that a busy run does not flood the views."""

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.changes import Change, ChangeFeed, ChangeKind

INTERVAL_MS = 100


class ChangeBridge(QObject):
    """Emits `changed` for what a feed publishes: the first change at once, then one per interval and kind.

    Changes that come in between are united: all their ids, or none (which means any) when one of them named none;
    the initiator is kept when all had the same.

    Signals:
        changed: One `Change`.
    """

    changed = Signal(object)

    def __init__(self, feed: ChangeFeed, parent: QObject | None = None, *, interval_ms: int = INTERVAL_MS) -> None:
        super().__init__(parent)
        self._waiting: dict[ChangeKind, list[Change]] = {}
        self._timers = {kind: QTimer(self, singleShot=True, interval=interval_ms) for kind in ChangeKind}
        for kind, timer in self._timers.items():
            timer.timeout.connect(lambda kind=kind: self._flush(kind))
        self._unsubscribe = feed.subscribe(self._hear)

    def close(self) -> None:
        """Stop listening and forget what waits."""
        self._unsubscribe()
        for timer in self._timers.values():
            timer.stop()
        self._waiting.clear()

    def _hear(self, change: Change) -> None:
        timer = self._timers[change.kind]
        if timer.isActive():
            self._waiting.setdefault(change.kind, []).append(change)
        else:
            timer.start()
            self.changed.emit(change)

    def _flush(self, kind: ChangeKind) -> None:
        if changes := self._waiting.pop(kind, None):
            self._timers[kind].start()
            self.changed.emit(_united(changes))


def _united(changes: list[Change]) -> Change:
    first = changes[0]
    initiators = {change.initiator for change in changes}
    return Change(
        kind=first.kind,
        ids=tuple(dict.fromkeys(id_ for change in changes for id_ in change.ids))
        if all(change.ids for change in changes)
        else (),
        initiator=first.initiator if len(initiators) == 1 else "",
    )
