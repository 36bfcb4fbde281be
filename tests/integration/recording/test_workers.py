"""One pipe, many writers: threads, forked workers, and writers killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from joblib import Parallel, delayed

from flasklab.recording.frames import NO_STEP, Decoder, Metrics
from flasklab.recording.proxy import recording_to, run
from flasklab.recording.recorder import PipeRecorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WIDE = {f"weight {number}": float(number) for number in range(400)}  # several packets a call


class Call(NamedTuple):
    """One call of `run.log`."""

    keys: tuple[str, ...]
    time: float
    step: int | None
    values: tuple[float, ...]


def calls(found: Iterable[Metrics | dict[str, Any]]) -> list[Call]:
    return [
        Call(one.keys, time, None if step == NO_STEP else step, tuple(values))
        for one in found
        if isinstance(one, Metrics)
        for time, step, *values in zip(one.times, one.steps, *one.columns, strict=True)
    ]


def everything_said(work: Callable[[], None], folder: Path) -> tuple[list[Metrics | dict[str, Any]], Decoder]:
    """What `work` said through a pipe, read as a supervisor does while it is said."""
    reading, writing = os.pipe()
    decoder = Decoder()
    found: list[Metrics | dict[str, Any]] = []

    def read() -> None:
        while data := os.read(reading, 65536):
            found.extend(decoder.feed(data))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        with recording_to(PipeRecorder(writing, staging=folder / "staging", workdir=folder)):
            work()
    finally:
        os.close(writing)
        reader.join()
        os.close(reading)
    return found, decoder


def say(worker: int, times: int = 200) -> None:
    for step in range(times):
        run.log({"worker": worker}, step=step)
        if step % 20 == 0:
            run.log(WIDE, step=worker)


def assert_all_said(found: list[Metrics | dict[str, Any]], decoder: Decoder, workers: int) -> None:
    assert (decoder.dropped, decoder.unfinished) == (0, 0)
    for worker in range(workers):
        mine = [item.step for item in calls(found) if item.keys == ("worker",) and item.values[0] == worker]
        assert mine == list(range(200))
        wide = [
            dict(zip(item.keys, item.values, strict=True))
            for item in calls(found)
            if item.step == worker and item.keys != ("worker",)
        ]
        assert wide == [WIDE] * 10


def test_threads_never_mix_up_what_they_say(tmp_path: Path) -> None:
    def work() -> None:
        threads = [threading.Thread(target=say, args=(worker,)) for worker in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert_all_said(*everything_said(work, tmp_path), workers=6)


def test_threads_of_joblib_reach_the_run(tmp_path: Path) -> None:
    def work() -> None:
        Parallel(n_jobs=3, backend="threading")(delayed(say)(worker) for worker in range(3))

    assert_all_said(*everything_said(work, tmp_path), workers=3)


SCRIPT = """
import multiprocessing, os, sys
from pathlib import Path
from flasklab.recording.proxy import recording_to, run
from flasklab.recording.recorder import PipeRecorder
from PIL import Image

WIDE = {f"weight {number}": float(number) for number in range(400)}

def say(worker):
    for step in range(200):
        run.log({"worker": worker}, step=step)
        if step % 20 == 0:
            run.log(WIDE, step=worker)
    run.show(Image.new("L", (2, 2)), name="digit")

folder = Path(sys.argv[2])
with recording_to(PipeRecorder(int(sys.argv[1]), staging=folder / "staging", workdir=folder)):
    with multiprocessing.get_context("fork").Pool(4) as pool:
        pool.map(say, range(4), chunksize=1)
"""


def test_forked_workers_never_mix_up_what_they_say_and_take_different_names(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    command = [sys.executable, "-c", SCRIPT, str(writing), str(tmp_path)]
    with subprocess.Popen(command, pass_fds=[writing]) as child:
        os.close(writing)
        decoder = Decoder()
        found: list[Metrics | dict[str, Any]] = []
        while data := os.read(reading, 65536):
            found += decoder.feed(data)
    os.close(reading)
    assert child.returncode == 0
    assert_all_said(found, decoder, workers=4)
    artifacts = [item for item in found if isinstance(item, dict) and item["type"] == "artifact"]
    assert {item["name"] for item in artifacts} == {"digit.png", "digit 2.png", "digit 3.png", "digit 4.png"}


def test_what_was_logged_before_a_kill_is_kept(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from flasklab.recording.recorder import PipeRecorder\n"
        "recorder = PipeRecorder(int(sys.argv[1]), staging=Path('.'), workdir=Path('.'))\n"
        "for step in range(500):\n"
        "    recorder.metrics(step, {'a': 1.0})\n"
        f"os.kill(os.getpid(), {int(signal.SIGKILL)})\n"
    )
    reading, writing = os.pipe()
    with subprocess.Popen([sys.executable, "-c", code, str(writing)], pass_fds=[writing], cwd=tmp_path) as child:
        os.close(writing)
        decoder = Decoder()
        found: list[Metrics | dict[str, Any]] = []
        while data := os.read(reading, 65536):
            found += decoder.feed(data)
    os.close(reading)
    assert child.returncode == -signal.SIGKILL
    assert [item.step for item in calls(found)] == list(range(500))
    assert decoder.unfinished == 0


def test_a_signal_in_the_middle_of_a_write_loses_and_doubles_nothing(tmp_path: Path) -> None:
    def work() -> None:
        before = signal.signal(signal.SIGALRM, lambda *_: None)
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        try:
            say(0)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    assert_all_said(*everything_said(work, tmp_path), workers=1)


def test_temporary_folders_outlive_a_forked_worker_and_go_with_their_process() -> None:
    code = (
        "import os, sys\n"
        "from flasklab.recording.proxy import run\n"
        "folder = run.workdir\n"
        "if os.fork() == 0:\n"
        "    sys.exit()\n"
        "os.wait()\n"
        "print(folder, folder.is_dir())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    folder, was_there = done.stdout.split()
    assert was_there == "True"
    assert not Path(folder).exists()
