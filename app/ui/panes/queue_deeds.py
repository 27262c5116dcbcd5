"""What the rep can do about the enrichment queue: when each deed makes sense, what it says, and what it asks first."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from app.domain.enrichment import BatchState, EnrichmentBatch, EnrichmentItem, EnrichmentRun
from app.qtbridge.dialogs import ask
from app.ui.models.queue_text import resubmit_cost
from app.ui.widgets.banner import Banner
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services
    from app.services.enrichment import SampleReport


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is selected in the queue, and all of its runs."""

    runs: tuple[EnrichmentRun, ...] = ()
    run: EnrichmentRun | None = None
    batch: EnrichmentBatch | None = None
    item: EnrichmentItem | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """One button: `label` says what it does now, "" while it makes no sense."""

    name: str
    label: Callable[[Chosen], str]
    do: Callable[[Chosen], Coroutine[Any, Any, None]]
    tip: str = ""


class QueueDeeds:
    """The deeds, in the order of their buttons. What costs money, or ends something, asks first."""

    def __init__(self, services: "Services", banner: Banner, parent: QWidget) -> None:
        self._services = services
        self._enrichment = services.enrichment
        self._banner = banner
        self._parent = parent

    def all(self) -> tuple[Deed, ...]:
        """Every deed."""
        return (
            Deed(
                "stop",
                lambda chosen: "Stop new spend now" if any(map(_can_pause, chosen.runs)) else "",
                self._stop,
                "Submit nothing new, of any run. What is in flight is still collected.",
            ),
            Deed(
                "pause",
                lambda chosen: "Pause run" if len(chosen.runs) > 1 and chosen.run and _can_pause(chosen.run) else "",
                self._pause,
                "Submit nothing new of this run. What is in flight is still collected.",
            ),
            Deed("resume", _resume_label, self._resume),
            Deed("rest", _rest_label, self._go_on, "See how the sample went and what the rest may cost."),
            Deed("submit_again", _submit_again_label, self._submit_again),
            Deed(
                "ask_again",
                lambda chosen: "Ask again" if chosen.batch and chosen.batch.state.is_pollable else "",
                self._ask_again,
                "Look for results now. Asking costs nothing.",
            ),
            Deed("give_up", _give_up_label, self._give_up),
            Deed("retry", _retry_label, self._retry, "Look up again what ended without an answer, at a price."),
            Deed("raise_cap", lambda chosen: "Raise cap…" if _can_raise_cap(chosen.run) else "", self._raise_cap),
            Deed("unmatched", _unmatched_label, self._show_unmatched, "See what the service sent about nobody."),
            Deed(
                "log",
                lambda chosen: "Open log…" if chosen.item else "",
                self._open_log,
                "See what happened.",
            ),
        )

    async def _stop(self, chosen: Chosen) -> None:
        await self._enrichment.stop_spending()
        self._say_stopped(chosen.runs)

    async def _pause(self, chosen: Chosen) -> None:
        if chosen.run is not None:
            await self._enrichment.stop_spending(chosen.run.run_id)
            self._say_stopped((chosen.run,))

    def _say_stopped(self, runs: tuple[EnrichmentRun, ...]) -> None:
        flying = [batch for run in runs for batch in run.batches if batch.state.is_pollable]
        if flying:
            people = count(sum(batch.item_count for batch in flying), "person")
            cost = count(sum(batch.reserved for batch in flying), "credit")
            self._banner.show_info(
                f"Nothing new is submitted. {people} in flight are still collected and may cost up to {cost}."
            )
        else:
            self._banner.show_info("Nothing new is submitted. Nothing is in flight.")

    async def _resume(self, chosen: Chosen) -> None:
        run = chosen.run
        await self._enrichment.resume_spending(run.run_id if run is not None and run.stopped else None)
        self._banner.clear()

    async def _submit_again(self, chosen: Chosen) -> None:
        if chosen.batch is None:
            return
        question = await self._enrichment.unknown_question(chosen.batch.batch_id)
        cost = count(question.most_extra, "credit")
        if await ask(
            self._parent,
            "Submit again",
            f"Submit {count(question.people, 'person')} again? This may cost up to {cost} more.",
            accept=f"Submit again for at most {cost}",
            details=question.text,
            destructive=True,
        ):
            await self._enrichment.retry_unknown(question.batch_id)

    async def _go_on(self, chosen: Chosen) -> None:
        if chosen.run is None:
            return
        report = await self._enrichment.sample_report(chosen.run.run_id)
        most = count(report.rest_maximum, "credit")
        rest = count(report.rest_people, "person")
        likely = "" if report.rest_likely is None else f"likely {report.rest_likely:,}, "
        if await ask(
            self._parent,
            "The sample",
            f"{sample_text(report)} The other {rest} may cost {likely}at most {most}.",
            accept=f"Enrich the other {rest} for at most {most}",
            reject="Not now",
        ):
            await self._enrichment.release_rest(chosen.run.run_id)

    async def _retry(self, chosen: Chosen) -> None:
        run = chosen.run
        if run is None:
            return
        plan = await self._enrichment.plan_retry(run.run_id)
        if not plan.people:
            reasons = ", ".join(f"{number:,} × {reason}" for reason, number in plan.estimate.excluded.items())
            self._banner.show_info(f"Nobody of this run can be looked up again. {reasons}".strip())
            return
        cost = count(plan.estimate.maximum, "credit")
        if await ask(
            self._parent,
            "Retry failed",
            f"Look up {count(len(plan.people), 'person')} again? This may cost up to {cost}.",
            accept=f"Retry for at most {cost}",
            details=" ".join(
                ("Only what failed, expired, or came back without a row is asked for.", plan.maybe_charged_text)
            ).strip(),
        ):
            await self._enrichment.enqueue(plan, cap=plan.estimate.maximum, origin=_retry_origin(run))

    async def _raise_cap(self, chosen: Chosen) -> None:
        from app.ui.dialogs.cap_dialog import run_cap_dialog

        if chosen.run is not None:
            cap = await run_cap_dialog(self._parent, chosen.run)
            if cap is not None:
                await self._enrichment.raise_cap(chosen.run.run_id, cap)

    async def _open_log(self, chosen: Chosen) -> None:
        from app.ui.dialogs.item_log import run_item_log

        if chosen.item is not None:
            await run_item_log(self._parent, self._services, chosen.item)

    async def _show_unmatched(self, chosen: Chosen) -> None:
        from app.ui.dialogs.unmatched_dialog import run_unmatched_dialog

        if chosen.run is not None:
            await run_unmatched_dialog(self._parent, await self._enrichment.unmatched(chosen.run.run_id))

    async def _ask_again(self, chosen: Chosen) -> None:
        if chosen.batch is not None:
            await self._enrichment.ask_again(chosen.batch.batch_id)

    async def _give_up(self, chosen: Chosen) -> None:
        batch = chosen.batch
        unsent = _unsent(chosen)
        if unsent:
            await self._take_out(unsent)
        elif batch is not None and await ask(
            self._parent,
            "Give up",
            f"Stop asking about {count(batch.item_count, 'person')}?",
            accept="Give up",
            details="What was charged for them is not returned, and their results are not collected.",
            destructive=True,
        ):
            self._say_given_up([await self._enrichment.give_up(batch.batch_id)])

    async def _take_out(self, unsent: list[EnrichmentBatch]) -> None:
        people = count(sum(batch.item_count for batch in unsent), "person")
        if await ask(
            self._parent,
            "Take out of the queue",
            f"Take {people} out of the queue?",
            accept=f"Take {people} out",
            details="They were not sent, and cost nothing. What is in flight is still collected.",
        ):
            self._say_given_up([await self._enrichment.give_up(batch.batch_id) for batch in unsent])

    def _say_given_up(self, done: list[bool]) -> None:
        if not all(done):
            left = count(len(done) - sum(done), "batch")
            self._banner.show_info(f"{left} had been sent or had ended meanwhile, and stayed as it is.")


def _can_pause(run: EnrichmentRun) -> bool:
    return not run.stopped and run.is_open


def _give_up_label(chosen: Chosen) -> str:
    if _unsent(chosen):
        return "Take out of the queue…"
    batch = chosen.batch
    ends = batch is not None and (batch.state.is_pollable or batch.state is BatchState.UNKNOWN_OUTCOME)
    return "Give up…" if ends else ""


def _unsent(chosen: Chosen) -> list[EnrichmentBatch]:
    """The chosen batch, or those of the chosen run, that was not sent."""
    batches = (chosen.batch,) if chosen.batch else chosen.run.batches if chosen.run else ()
    return [batch for batch in batches if batch.state is BatchState.DRAFT]


def sample_text(report: "SampleReport") -> str:
    """How a sample went: hit rate per field, and what it cost."""
    if not report.done:
        return f"{count(report.people, 'person')} were sent first; not all of them are answered yet."
    rates = [
        f"{field.label.lower()} found for {report.found.get(field, 0):,} of {answered:,} "
        f"({report.found.get(field, 0) / answered:.0%})"
        for field, answered in report.answered.items()
        if answered
    ]
    cost = count(report.charged, "credit")
    return f"Of {count(report.people, 'person')} sent first: {', '.join(rates)}, for {cost}."


def _rest_label(chosen: Chosen) -> str:
    run = chosen.run
    return f"Go on with {count(run.held_people, 'person')}…" if run is not None and run.held_people else ""


def _unmatched_label(chosen: Chosen) -> str:
    number = sum(batch.unmatched for batch in chosen.run.batches) if chosen.run is not None else 0
    return f"Show {number:,} unmatched…" if number else ""


def _retry_label(chosen: Chosen) -> str:
    run = chosen.run
    if run is None or run.is_open:
        return ""
    failed = sum(number for outcome, number in run.counts.items() if outcome.needs_attention)
    unseen = any(batch.state is BatchState.UNKNOWN_OUTCOME for batch in run.batches)
    return "Retry failed…" if failed and not unseen else ""


def _retry_origin(run: EnrichmentRun) -> str:
    return f"{run.origin}, again" if run.origin else "again"


def _can_raise_cap(run: EnrichmentRun | None) -> bool:
    """Whether there is still something of the run to spend on."""
    return run is not None and any(
        batch.state in (BatchState.DRAFT, BatchState.UNKNOWN_OUTCOME) for batch in run.batches
    )


def _resume_label(chosen: Chosen) -> str:
    if chosen.run is not None and chosen.run.stopped:
        return "Resume run" if len(chosen.runs) > 1 else "Resume"
    paused = sum(run.stopped for run in chosen.runs)
    return f"Resume all {paused:,} runs" if paused > 1 else ("Resume" if paused else "")


def _submit_again_label(chosen: Chosen) -> str:
    if chosen.run is None or chosen.batch is None or chosen.batch.state is not BatchState.UNKNOWN_OUTCOME:
        return ""
    return f"Submit again, may cost up to {count(resubmit_cost(chosen.run, chosen.batch), 'credit')} more…"
