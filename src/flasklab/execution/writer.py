"""What the supervisor writes: one transaction a turn for all that happened since the last, then its consequences.

What a failed transaction held stays in memory for the next turn.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from flasklab.errors import LeaseLostError
from flasklab.execution.capacity import Capacity
from flasklab.execution.choosing import choose
from flasklab.execution.claiming import claim, claim_new, refuse
from flasklab.execution.endings import Intent
from flasklab.execution.recovery import take_over
from flasklab.execution.settling import settle
from flasklab.execution.turn import DisownedError, Turn, UndoneError, may_pass
from flasklab.failpoints import failpoint
from flasklab.runs.admission import Wanted
from flasklab.runs.times import now as present
from flasklab.services.queue_limit import QueueLimit
from flasklab.store.hot_writes import Change
from flasklab.store.intake import Accepted, Full, Known, Refused

if TYPE_CHECKING:
    from flasklab.config import Settings
    from flasklab.execution.attempt import Attempt
    from flasklab.execution.reception import Arrival, Reception
    from flasklab.execution.runner import Runner
    from flasklab.execution.zygotes import ZygoteHandle
    from flasklab.store.store import Store
    from flasklab.store.unit import Unit

log = logging.getLogger("flasklab.supervisor")

FLUSH_SECONDS = 0.1  # between two transactions of what one experiment says
RETRY_SECONDS = 0.5  # after a transaction that failed
_OWED_SECONDS = 0.1  # so long may a commit lie in the system's memory alone
_MOST_PAUSE_SECONDS = 30.0  # between claims while no run can be brought to its beginning


class Writer:
    """Writes turns.

    Args:
        settings: the lab's settings
        store: the lab's
        runner: whose attempts are written, and which launches what is claimed
        reception: whose starts are stored
    """

    def __init__(self, settings: Settings, store: Store, runner: Runner, reception: Reception) -> None:
        self._settings = settings
        self._store = store
        self._runner = runner
        self._reception = reception
        self._capacity = Capacity(settings, runner)
        self._limit = QueueLimit(settings.max_queued)
        self.retry_at = 0.0
        """Monotonic time before which no turn is tried: one has failed."""
        self._in_doubt = False  # a transaction failed, and may have been committed before the answer was lost
        self._owed_since: float | None = None  # monotonic time of the first commit that is not on the disk yet
        self._queue_known_empty = False  # whether nothing was left to claim, as far as anyone has said since
        self._release_at = math.inf  # monotonic time at which the first run that is held until a moment is due
        self._claim_pause = 0.0  # seconds; grows while runs come back that never began
        self._claim_at = 0.0  # monotonic time before which nothing is claimed
        self.claims = True
        """Whether queued runs are claimed: not while the lab is stopped."""

    def next_time(self, now: float) -> float | None:
        """The monotonic time at which a turn is due; None when nothing waits to be written."""
        due = [now] if self._reception.arrivals or self._runner.described else []
        for attempt in self._runner.attempts.values():
            if self._must_write(attempt, now):
                due.append(now)
            elif not attempt.over and (write_at := attempt.recorded.due(FLUSH_SECONDS)) is not None:
                due.append(write_at)
        if self._owed_since is not None:
            due.append(self._owed_since + _OWED_SECONDS)
        return max(min(due), self.retry_at) if due else None

    def next_look(self, latest: float) -> float:
        """The monotonic time to look at the queue again: `latest`, or when a run that is held is due."""
        return min(latest, self._release_at)

    @property
    def owes(self) -> bool:
        """Whether a start was committed that a power cut could still undo."""
        return self._owed_since is not None

    def ready(self, now: float) -> bool:
        """Whether a turn may be tried: not right after one that failed."""
        return now >= self.retry_at

    def turn(self, now: float, *, look: bool, asked: bool) -> bool:
        """Write what waits, settle what has ended, store what was handed in, claim what may begin.

        Args:
            now: monotonic seconds
            look: whether the queue is to be read
            asked: whether what others may have written is to be read as well: wishes, and what is held until a moment

        Returns:
            Whether the queue was read, and need not be read again.
        """
        due = [one for one in self._runner.attempts.values() if self._must_write(one, now)]
        owed = self._owed_since is not None and now >= self._owed_since + _OWED_SECONDS
        arrivals = self._reception.arrivals
        if asked:
            self._queue_known_empty = False
        if not (due or look or arrivals or owed or self._runner.described):
            return False
        turn = Turn(looked=look, asked=asked, arrivals=list(arrivals))
        # Whoever waits for an end is not answered before that is on the disk, and the start with it.
        durable = bool(due or look or owed or self._runner.described) or not all(one.wait for one in arrivals)
        try:
            with self._store.write(durable=durable) as unit:
                self._save_catalog(unit)
                self._write(unit, due, turn)
                self._store_arrivals(unit, turn)
                self._flush(unit, turn)
                if turn.looked:
                    self._look(unit, turn)
                failpoint("supervisor.before-commit")
            failpoint("supervisor.after-commit")
        except DisownedError as error:
            self._disown(error.ids)
            return False
        except LeaseLostError:
            raise  # nothing more may be written
        except Exception as error:
            self.retry_at = now + RETRY_SECONDS
            told, self._in_doubt = self._in_doubt, True
            if may_pass(error):
                if not told:  # once, however long it lasts
                    log.warning("the lab's database could not be written and is tried again: %s", error)
            else:
                log.exception("something could not be stored")
                self._leave_out(due)
            self._refuse(turn.arrivals)
            return False
        self._owed_since = None if durable else (self._owed_since or now)
        self._act(turn, now)
        return turn.looked

    def _must_write(self, attempt: Attempt, now: float) -> bool:
        if attempt.unstorable:
            return attempt.gone
        if attempt.over:
            return attempt.left_files is None or attempt.left_files.done()
        write_at = attempt.recorded.due(FLUSH_SECONDS)
        return write_at is not None and now >= write_at

    # Within the transaction

    def _save_catalog(self, unit: Unit) -> None:
        handle = self._runner.described
        if handle is None or handle.catalog is None:
            return
        handle.environment_id = unit.environments.add(handle.environment)
        unit.catalog.save(replace(handle.catalog, environment_id=handle.environment_id))

    def _write(self, unit: Unit, due: list[Attempt], turn: Turn) -> None:
        for attempt in due:
            recorded = attempt.recorded
            if attempt.over and attempt.left_files is not None:
                left, attempt.left_files = attempt.left_files, None
                recorded.add_left(left.result())
            if attempt.unstorable:
                turn.disowned.append(attempt)
                continue
            if self._in_doubt and recorded.seq > recorded.written_seq and unit.runs.seq(recorded.id) >= recorded.seq:
                turn.written.append(attempt)  # that transaction was committed after all
                if attempt.over and unit.runs.state(recorded.id).is_final:
                    turn.ended.append((attempt, None))
                continue
            change = recorded.write(unit)
            failpoint("supervisor.after-record")
            turn.written.append(attempt)
            if attempt.over:
                again = settle(unit, attempt, change)
                turn.ended.append((attempt, change))
                if again is not None:
                    turn.requeued.append((attempt, again))
            unit.hot.change(change)

    def _store_arrivals(self, unit: Unit, turn: Turn) -> None:
        if not turn.arrivals:
            return
        there = unit.hot.existing(one.new.id for one in turn.arrivals) if self._in_doubt else set()
        zygote = self._claiming_zygote()
        at_once = zygote is not None and self._queue_known_empty and not turn.looked
        admission = self._capacity.admission(turn, zygote.catalog) if zygote is not None and at_once else None
        numbers = iter(unit.hot.next_numbers(len(turn.arrivals)))
        at = present()
        for arrival in turn.arrivals:
            new = arrival.new
            first = new.id if new.id in there else self._first(unit, turn, arrival)
            if first is not None:
                turn.answers.append((arrival, Known(arrival.n, first)))
                continue
            if (full := self._limit.full(unit)) is not None:
                turn.answers.append((arrival, Full(arrival.n, *full)))
                continue
            number = next(numbers)
            if (
                zygote is not None
                and admission is not None
                and zygote.may_begin_at_once(new)
                and admission.admit(Wanted(number, new.experiment, new.resources))
            ):
                devices = self._capacity.devices(turn, new.resources)
                turn.claims.append(claim_new(unit, new, number, at, zygote, devices))
                turn.answers.append((arrival, Accepted(arrival.n, number, at.timestamp(), claimed=True)))
            else:
                unit.hot.add(new, number, at)
                self._limit.note_one_more()
                turn.stored.append((arrival, number, at.timestamp()))
                turn.looked = True

    @staticmethod
    def _first(unit: Unit, turn: Turn, arrival: Arrival) -> str | None:
        """The id of the run that was started before with the same idempotency key."""
        new = arrival.new
        if new.idempotency_key is None:
            return None
        for other, answer in turn.answers:
            same = (other.new.experiment, other.new.idempotency_key) == (new.experiment, new.idempotency_key)
            if same and not isinstance(answer, Full):
                return answer.id if isinstance(answer, Known) else other.new.id
        for other, _, _ in turn.stored:
            if (other.new.experiment, other.new.idempotency_key) == (new.experiment, new.idempotency_key):
                return other.new.id
        found = unit.runs.find_by_key(new.experiment, new.idempotency_key)
        return None if found is None else found.id

    @staticmethod
    def _flush(unit: Unit, turn: Turn) -> None:
        lost = unit.hot.flush()
        if lost:
            raise DisownedError(lost)
        for attempt, again in turn.requeued:
            spec, seq = attempt.spec, attempt.recorded.seq
            failpoint("supervisor.before-requeue")
            unit.runs.requeue(spec.id, spec.attempt, seq=seq, not_before=again.not_before)

    def _claiming_zygote(self) -> ZygoteHandle | None:
        """The zygote for runs that are claimed now; None while none may be."""
        current = self._runner.zygotes.current
        if not self.claims or current is None or not current.ready or time.monotonic() < self._claim_at:
            return None
        return current

    def _look(self, unit: Unit, turn: Turn) -> None:
        if self._in_doubt:
            for run in unit.runs.running():
                if run.id not in self._runner.attempts:  # claimed, and nobody was told
                    take_over(unit, run, self._store, "It was claimed, and the database's answer was lost.")
        for run_id, number, by in unit.runs.cancels() if turn.asked else ():
            attempt = self._runner.attempts.get(run_id)
            if attempt is not None and attempt.spec.attempt == number:
                turn.cancels.append((attempt, by))
        if turn.asked or turn.requeued or any(one.new.not_before for one in turn.arrivals):
            self._release(unit, turn)
        zygote = self._claiming_zygote()
        if zygote is None or zygote.catalog is None:
            return
        found, turn.exhausted = choose(unit, self._capacity.admission(turn, zygote.catalog))
        for claimable in found:
            if refuse(unit, claimable, zygote.catalog):
                turn.refused = True
                continue
            devices = self._capacity.devices(turn, claimable.resources)
            turn.claims.append(claim(unit, claimable, zygote, devices))
        if unit.hot.flush():
            raise DisownedError(set())

    @staticmethod
    def _release(unit: Unit, turn: Turn) -> None:
        """Let runs that were held until a moment be claimed from now on."""
        at, turn.next_release = present(), unit.queue.next_release()
        turn.released = True
        if turn.next_release is not None and turn.next_release <= at:
            unit.queue.release(at)
            turn.next_release = unit.queue.next_release()

    # After it

    def _act(self, turn: Turn, now: float) -> None:
        if turn.looked:
            self._in_doubt = False
            self._queue_known_empty = turn.exhausted and not turn.refused
        if turn.released:
            due = turn.next_release
            self._release_at = math.inf if due is None else now + max(0.0, (due - present()).total_seconds())
        self._runner.described = None
        self._runner.news = turn.refused
        for attempt in turn.written:
            attempt.recorded.written()
            if attempt.recorded.has_begun:
                self._claim_pause = 0.0
        self._say_requeued(turn, now)
        for attempt in turn.disowned:
            self._let_go(attempt)
        self._answer(turn)
        for attempt, change in turn.ended:
            failpoint("supervisor.after-settle")
            self._runner.settled(attempt)
            if change is None or change.state is not None:
                self._reception.ended(attempt.spec.id, lambda a=attempt, c=change: _end(a, c))  # type: ignore[misc]
        for attempt, by in turn.cancels:
            attempt.canceled_by = by
            attempt.ask_to_end(Intent.CANCEL, now)
        for claimed in turn.claims:
            failpoint("supervisor.before-launch")
            self._runner.launch(claimed)
            failpoint("supervisor.after-launch")
        if not self._queue_known_empty and (turn.ended or turn.disowned):
            self._runner.news = True  # somebody may have waited for their places

    def _say_requeued(self, turn: Turn, now: float) -> None:
        """Say in their logs that runs are queued again; claim nothing for a while where none of them had begun."""
        for attempt, again in turn.requeued:
            attempt.log.say(f"{again.reason.rstrip('.')}. {again.told(present())}")
            self._queue_known_empty = False
            self._runner.news = True
            if not attempt.recorded.has_begun:
                self._claim_pause = min(2 * self._claim_pause or RETRY_SECONDS, _MOST_PAUSE_SECONDS)
                self._claim_at = now + self._claim_pause

    def _answer(self, turn: Turn) -> None:
        """Tell those who handed in starts what became of them."""
        if not turn.arrivals:
            return
        gone = {id(one) for one in turn.arrivals}
        self._reception.arrivals = [one for one in self._reception.arrivals if id(one) not in gone]
        claimed = {one.claimable.id for one in turn.claims}
        for arrival, number, at in turn.stored:
            mine = arrival.new.id in claimed
            turn.answers.append((arrival, Accepted(arrival.n, number, at, claimed=mine)))
        for arrival, answer in turn.answers:
            if isinstance(answer, Accepted):
                self._reception.accepted(arrival, answer)
            else:
                self._reception.answer(arrival, answer)

    def _disown(self, ids: set[str]) -> None:
        """Let go of attempts whose run is another's by now, or settled."""
        for run_id in ids:
            self._let_go(self._runner.attempts[run_id])

    def _let_go(self, attempt: Attempt) -> None:
        log.error("run %s is no longer attempt %d's; its process is ended", attempt.spec.id, attempt.spec.attempt)
        attempt.unstorable = True
        attempt.kill()
        if attempt.gone:
            self._runner.settled(attempt)

    def _leave_out(self, due: list[Attempt]) -> None:
        """Let each attempt that cannot be written give up a part of what it holds, so that the others go on."""
        for attempt in due:
            try:
                with self._store.write() as unit:
                    self._write(unit, [attempt], Turn())
                    unit.hot.flush()
                    raise UndoneError  # noqa: TRY301 - takes the transaction back
            except UndoneError:
                continue
            except LeaseLostError:
                raise
            except Exception as error:
                if may_pass(error):
                    return
                attempt.give_up(error)

    def _refuse(self, arrivals: list[Arrival]) -> None:
        """Let who handed in starts write them, and see for themselves why that cannot be done."""
        for arrival in arrivals:
            self._reception.answer(arrival, Refused(arrival.n))
        self._reception.arrivals = [one for one in self._reception.arrivals if one not in arrivals]


_TOLD = tuple(field.name for field in fields(Change) if field.name != "progress")


def _end(attempt: Attempt, change: Change | None) -> dict[str, Any] | None:
    """What has changed of a run since it was handed in; None where that is more than its row."""
    recorded = attempt.recorded
    if change is None or change.started_at is None or attempt.spec.attempt > 1 or not recorded.is_plain:
        return None
    return {name: getattr(change, name) for name in _TOLD} | {
        "progress": None if change.progress is None else change.progress.to_json(),
        "created_at": attempt.created_at,
        "begun": 1,
        "environment_id": attempt.zygote.environment_id,
    }
