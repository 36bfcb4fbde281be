"""Each guard is taken out of a lab once, and the storm that aims at it must find what is wrong then.

Without its patch the same storm must find nothing.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from storms.escapes import escape_storm
from storms.judging import ended, storming
from storms.lab import StormLab, hit
from storms.stale import stale_storm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_ROUNDS = 6
_PATIENCE_SECONDS = 20.0


_Storm: TypeAlias = "Callable[[Path, tuple[str, ...], int], list[str]]"


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard of the lab's."""

    what: str
    patch: str  # takes it out; more of them, joined by +, where one guard stands behind another
    sign: str  # how the violation begins that tells of its absence
    storm: _Storm  # given a folder, the patches, and how many rounds; the violations

    def is_missed(self, violations: list[str]) -> bool:
        """Whether a storm's violations tell that the guard is gone, and not just that something is."""
        return any(one.startswith(self.sign) for one in violations)

    def with_and_without(self, folder: Path, rounds: int) -> tuple[list[str], list[str]]:
        """The violations that its storm finds in a whole lab, and in one that lacks it."""
        return self.storm(folder / "with", (), rounds), self.storm(
            folder / "without", tuple(self.patch.split("+")), rounds
        )


def guard_storms(folder: Path, rounds: int = _ROUNDS) -> tuple[int, list[str], list[str]]:
    """Aim at every guard, with it and without it, so many rounds each.

    Returns:
        How many guards there are; violations: guards whose absence was not seen, or whose storm complains of a whole
        lab; the table.
    """
    violations, table = [], []
    for guard in GUARDS:
        whole, without = guard.with_and_without(folder / guard.patch, rounds)
        if whole:
            violations.append(f"{guard.what}: {whole[0]}")
        if not guard.is_missed(without):
            violations.append(f"{guard.what}: nobody noticed that it was gone")
        table.append(f"\n       {guard.what:<64} {len(whole)} with it, {len(without)} without")
    return len(GUARDS), violations, table


def _lab(folder: Path, patches: tuple[str, ...]) -> StormLab:
    return StormLab(folder, patches=("quick-restarts", *patches)).make()


def _begun_unheard(folder: Path, patches: tuple[str, ...], rounds: int) -> list[str]:
    """The supervisor stops before it can hear that the code has begun, and is killed then."""
    lab = _lab(folder, patches)
    violations: list[str] = []
    with storming(lab, violations):
        lab.start()
        for _ in range(rounds):
            lab.arm("supervisor.after-launch", "stop")
            lab.begin("once", patience=0.1, seconds=3)
            lab.until(lambda: lab.taken("supervisor.after-launch") is not None, "nobody launched")
            lab.until(lambda: _began(lab), "no code began", 10)
            for pid in lab.pids("supervisor"):
                hit(pid)
            lab.until(lambda: not _running(lab), "nobody settled it", 20)
            for path in lab.ledger.iterdir():
                path.rename(lab.folder / path.name)  # the next round waits for its own
        for path in lab.folder.glob("????????????"):
            path.rename(lab.ledger / path.name)
        violations += ended(lab, _PATIENCE_SECONDS)
    return violations


def _began(lab: StormLab) -> bool:
    return any(lab.noted(path.name, "begin") for path in lab.ledger.iterdir())


def _running(lab: StormLab) -> bool:
    """Whether a run is queued or running; a lab that does not answer says yes."""
    found = lab.ask("GET", "/api/v1/health")
    return found is None or bool(found[1]["queued"] or found[1]["running"])


def _killed_midway(folder: Path, patches: tuple[str, ...], rounds: int) -> list[str]:
    """Zygote and supervisor are killed while code that may begin once is under way."""
    lab = _lab(folder, patches)
    violations: list[str] = []
    with storming(lab, violations):
        lab.start()
        for role in ("zygote", "supervisor") * max(1, rounds // 2):
            ack = lab.begin("once", seconds=1)
            assert ack is not None
            lab.until(lambda run=ack.id: lab.noted(run, "begin") > 0, "no code began")  # type: ignore[misc]
            time.sleep(0.3)
            for pid in lab.pids(role):
                hit(pid)
            lab.finished(ack.id)
        violations += ended(lab, _PATIENCE_SECONDS)
    return violations


def _left_behind(folder: Path, patches: tuple[str, ...], rounds: int) -> list[str]:
    return escape_storm(folder, rounds, 1, patches=patches, ends=("tree",))[0]


def _intruders(folder: Path, patches: tuple[str, ...], rounds: int) -> list[str]:
    """More supervisors are started beside the first: they wait for their turn, and no run suffers."""
    lab = _lab(folder, patches)
    violations: list[str] = []
    code = (
        "import sys; from pathlib import Path; from flasklab.config import load_settings;"
        "from flasklab.execution import start; start.is_supervised = lambda results: False;"
        "start.ensure_supervisor(load_settings(Path(sys.argv[1])))"
    )
    with storming(lab, violations):
        lab.start()
        for _ in range(max(1, rounds // 2)):
            acks = [lab.begin("once", seconds=1) for _ in range(2)]
            words = [sys.executable, "-c", code, str(lab.folder)]
            subprocess.run(words, cwd=lab.folder, env=lab.environment(), check=True)
            ends = [lab.finished(ack.id) if ack else "never started" for ack in acks]
            violations += [f"a run {end} because of a second supervisor" for end in ends if end != "succeeded"]
        violations += ended(lab, _PATIENCE_SECONDS)
    return violations


def _row_and_file(folder: Path, patches: tuple[str, ...], rounds: int) -> list[str]:
    """The supervisor dies right after the commit that ends a run with files."""
    lab = _lab(folder, patches)
    violations: list[str] = []
    with storming(lab, violations):
        lab.start()
        for _ in range(rounds):
            ack = lab.begin("once", seconds=0.05, files=True)
            assert ack is not None
            lab.arm("supervisor.after-settle", "kill")
            lab.finished(ack.id)
            lab.until(lambda: lab.taken("supervisor.after-settle") is not None, "nobody settled", 10)
        violations += ended(lab, _PATIENCE_SECONDS)
    return violations


def _unanswered(folder: Path, patches: tuple[str, ...], rounds: int) -> list[str]:
    """The supervisor dies between the commit of a start and the answer to it."""
    lab = _lab(folder, patches)
    violations: list[str] = []
    with storming(lab, violations):
        lab.start()
        for _ in range(rounds):
            lab.until(lambda: not _running(lab) and bool(lab.pids("child")), "the lab did not come back")
            lab.arm("supervisor.before-answer", "kill")
            lab.begin("once", seconds=0.02)
            lab.until(lambda: lab.taken("supervisor.before-answer") is not None, "nobody answered", 10)
        violations += ended(lab, _PATIENCE_SECONDS)
        count = len(list(lab.ledger.iterdir()))
        if count > len(lab.acks):
            violations.append(f"duplicated: {count} runs began after {len(lab.acks)} starts")
    return violations


_STALE = """
import sys
from pathlib import Path
from flasklab.config import Settings
from flasklab.runs.run import NewRun, new_run_id
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.store.hot_writes import Change
from flasklab.store.store import Store

results = Path(sys.argv[1])
results.mkdir(parents=True)
store = Store(Settings(root=results, results=results, experiments="", database_url=f"sqlite:///{results}/lab.db")).open()
for at in range(int(sys.argv[2])):
    run_id = new_run_id()
    with store.write() as unit:
        run = unit.runs.add(NewRun(id=run_id, experiment="stale", params={}), now())
    for attempt in (1, 2):
        with store.write() as unit:
            (claimable,) = [one for one in unit.runs.queued(10) if one.id == run_id]
            unit.hot.claim(claimable, None)
            assert not unit.hot.flush()
        if attempt == 1:
            with store.write() as unit:
                unit.runs.requeue(run_id, 1, seq=5)
    # The first attempt's supervisor wakes up, and writes.
    with store.write() as unit:
        end = RunState.SUCCEEDED if at % 2 else None
        stale = Change(id=run_id, number=run.number, attempt=1, seq=9, state=end, note="stale", finished_at=now())
        unit.hot.change(stale)
        lost = unit.hot.flush()
    with store.read() as unit:
        found = unit.runs.get(run_id)
    if found.note or found.state is not RunState.RUNNING:
        print("a stale attempt wrote", run_id, found.state.value, found.note)
"""

_TWICE = """
import sys
from pathlib import Path
from flasklab.config import Settings
from flasklab.runs.run import NewRun, new_run_id
from flasklab.runs.times import now
from flasklab.store.store import Store

results = Path(sys.argv[1])
results.mkdir(parents=True)
store = Store(Settings(root=results, results=results, experiments="", database_url=f"sqlite:///{results}/lab.db")).open()
for _ in range(int(sys.argv[2])):
    run_id = new_run_id()
    with store.write() as unit:
        unit.runs.add(NewRun(id=run_id, experiment="twice", params={}), now())
    with store.read() as unit:  # both see it in the queue, as on PostgreSQL both may
        (claimable,) = [one for one in unit.runs.queued(10) if one.id == run_id]
    won = 0
    for _ in range(2):
        with store.write() as unit:
            unit.hot.claim(claimable, None)
            won += not unit.hot.flush()
    if won != 1:
        print("claimed", won, "times:", run_id)
"""


def _script(code: str) -> _Storm:
    """A storm on the store alone: what it prints is a violation."""

    def storm(folder: Path, patches: tuple[str, ...], rounds: int) -> list[str]:
        environ = StormLab(folder, patches=("quick-restarts", *patches)).environment()
        done = subprocess.run(
            [sys.executable, "-c", code, str(folder), str(2 * rounds)],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)  # a storm that breaks has found nothing
        return done.stdout.splitlines()

    return storm


def _woken(folder: Path, patches: tuple[str, ...], rounds: int) -> list[str]:
    return stale_storm(folder, 3 * max(1, rounds // 3), 1, patches=patches, pairs=1)[1]


GUARDS = (
    Guard(
        "the attempt in every write of a run (settle, record)",
        "no-attempt-fence",
        "a stale attempt wrote",
        _script(_STALE),
    ),
    Guard("a claim only of what is still queued", "no-conditional-claim", "claimed 2 times", _script(_TWICE)),
    Guard("the mark before the code begins", "no-mark", "duplicated: the code", _begun_unheard),
    Guard("a second beginning only where it is allowed", "again-always", "duplicated: the code", _killed_midway),
    Guard("the end of what an earlier supervisor left", "no-leftovers", "survived: a process", _left_behind),
    Guard("the supervisor's lock, and the lease behind it", "no-lock+lease-for-all", "a run lost because", _intruders),
    Guard("the lease before every write", "no-lease", "two supervisors", _woken),
    Guard("the file before its row", "late-files", "lost: the content", _row_and_file),
    Guard("one id on both ways into the queue", "another-id", "duplicated: 2 runs", _unanswered),
)
