"""Real tqdm bars, in processes of their own: what is imported when matters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from itertools import pairwise

import pytest

pytest.importorskip("tqdm", reason="comes with the dev extra")

BEFORE = """
import json, os, sys, threading, time
from flasklab.recording.bars import watch_bars
from flasklab.recording.floor import floor
from flasklab.recording.proxy import recording_to, run
from flasklab.recording.memory import MemoryRecorder
from flasklab.runs.progress import position_text

class Steps(MemoryRecorder):
    texts, made = [], []
    forked = open(os.devnull, "ab", buffering=0)  # what forked workers say; a test may put a real file here
    def progress(self, made, *, last=False):
        self.made.append(made)
        self.texts.append(position_text(made))
        if os.getpid() != own:
            self.forked.write(position_text(made).encode() + b"\\n")

own = os.getpid()

steps = Steps()
floor.share()
"""
AFTER = """
print(json.dumps({"texts": steps.texts, "rates": [one.rate for one in steps.made], "imported": "tqdm" in sys.modules}))
"""


def said(work: str, *, first: str = "") -> tuple[list[str], str]:
    """The progress that `work` told, as text, and what it wrote to stderr; `first` comes before bars are watched."""
    work = textwrap.indent(textwrap.dedent(work), "    ")
    program = f"{BEFORE}\n{first}\nwatch_bars()\nwith recording_to(steps):\n{work}\n{AFTER}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env={**os.environ}
    )
    assert done.returncode == 0, done.stderr
    texts: list[str] = json.loads(done.stdout.splitlines()[-1])["texts"]
    return texts, done.stderr


@pytest.mark.parametrize("first", ["", "import tqdm"], ids=["imported later", "imported before"])
@pytest.mark.parametrize(
    "loop",
    [
        "from tqdm import tqdm\nfor _ in tqdm(range(30)): time.sleep(0.02)",
        "from tqdm.auto import tqdm\nfor _ in tqdm(range(30)): time.sleep(0.02)",
        "from tqdm import trange\nfor _ in trange(30): time.sleep(0.02)",
        "import tqdm\nbar = tqdm.tqdm(total=30)\nfor _ in range(10): time.sleep(0.05); bar.update(3)\nbar.close()",
        "from tqdm.contrib import tenumerate\nfor _ in tenumerate(range(30)): time.sleep(0.02)",
        "from tqdm.contrib.concurrent import thread_map\nthread_map(lambda _: time.sleep(0.2), range(30))",
    ],
)
def test_a_bar_is_the_progress_from_its_beginning_to_its_end(first: str, loop: str) -> None:
    texts, log = said(loop, first=first)
    assert (texts[0], texts[-1]) == ("0 of 30", "30 of 30")
    assert len(texts) > 2
    assert "30/30" in log


def test_tqdm_is_not_imported_for_it() -> None:
    program = f"{BEFORE}\nwatch_bars()\n{AFTER}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["imported"] is False


def test_description_postfix_and_unit_are_told() -> None:
    texts, _ = said("""
        from tqdm import tqdm
        bar = tqdm(total=2_000_000, unit="B", unit_scale=True, desc="model.bin")
        bar.update(1_000_000)
        bar.set_postfix(loss=0.5)
        bar.close()
    """)
    assert texts[-1] == "1.0 MB of 2.0 MB · model.bin · loss=0.5"


def test_nested_bars_are_loops_within_and_the_outer_one_never_goes_back() -> None:
    texts, _ = said("""
        from tqdm import tqdm
        for epoch in tqdm(range(2), desc="epoch"):
            for batch in tqdm(range(5), desc="batch", leave=False):
                time.sleep(0.11)
        done = [one.done for one in steps.made]
        assert done == sorted(done), done
    """)
    assert "epoch 1 of 2 · batch 3 of 5" in texts
    assert "epoch 2 of 2 · batch 3 of 5" in texts
    assert texts[-1] == "2 of 2 · epoch"


def test_a_bar_within_a_tracked_loop_or_after_run_progress_is_a_loop_within() -> None:
    texts, _ = said("""
        from tqdm import tqdm
        for _ in run.track(range(2), message="epoch"):
            for _ in tqdm(range(3), unit=" batch"):
                time.sleep(0.11)
        run.progress(3, 10, "round")
        for _ in tqdm(range(3)):
            time.sleep(0.11)
    """)
    assert "epoch 2 of 2 · batch 2 of 3" in texts
    assert "round 4 of 10 · 2 of 3" in texts


def test_what_run_progress_says_wins_over_a_bar_that_was_there_before() -> None:
    texts, _ = said("""
        from tqdm import tqdm
        for step in tqdm(range(4)):
            time.sleep(0.11)
            run.progress(step, 100, "mine")
    """)
    assert texts[-1] == "3 of 100 · mine"


def test_a_disabled_bar_says_nothing() -> None:
    texts, _ = said("""
        from tqdm import tqdm
        for _ in tqdm(range(3), disable=True):
            time.sleep(0.11)
    """)
    assert texts == []


def test_bars_in_threads_do_not_take_turns() -> None:
    texts, _ = said("""
        from tqdm import tqdm
        def work(name):
            for _ in tqdm(range(5), desc=name):
                time.sleep(0.11)
        threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two", "three")]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    """)
    names = [text.rpartition(" · ")[2] for text in texts]
    assert len([name for name, after in pairwise(names) if name != after]) <= 2


def test_a_bar_that_threads_share_is_one_loop() -> None:
    texts, _ = said("""
        from concurrent.futures import ThreadPoolExecutor
        from tqdm import tqdm
        with tqdm(total=20) as bar, ThreadPoolExecutor(4) as pool:
            def work(_):
                time.sleep(0.05)
                bar.update()
            list(pool.map(work, range(20)))
    """)
    assert (texts[0], texts[-1]) == ("0 of 20", "20 of 20")
    assert {text.partition(" of ")[2] for text in texts} == {"20"}


def test_bars_of_forked_workers_are_silent_beside_the_runs_own() -> None:
    texts, log = said("""
        import multiprocessing
        from tqdm import tqdm
        def work(_):
            for _ in tqdm(range(3), desc="worker"):
                time.sleep(0.02)
        import tempfile
        Steps.forked = tempfile.TemporaryFile(buffering=0)
        begin = multiprocessing.get_context("fork").Event()
        def patient(number):
            begin.wait()
            work(number)
        with multiprocessing.get_context("fork").Pool(2) as pool:
            bar = tqdm(total=4, desc="jobs")
            jobs = pool.imap(patient, range(4))
            begin.set()
            for _ in jobs:
                bar.update()
            bar.close()
        Steps.forked.seek(0)
        steps.texts += Steps.forked.read().decode().splitlines()
    """)
    assert all(text.endswith("jobs") for text in texts)
    assert "worker" in log


def test_bars_of_workers_that_are_spawned_are_only_text_in_the_log() -> None:
    texts, log = said("""
        from joblib import Parallel, delayed
        from tqdm import tqdm
        def work(number):
            from tqdm import tqdm
            return sum(tqdm(range(number), desc="worker"))
        Parallel(n_jobs=2)(delayed(work)(number) for number in tqdm(range(4), desc="jobs"))
    """)
    assert all(text.endswith("jobs") for text in texts)
    assert "worker" in log


def test_a_bar_that_was_left_open_when_full_is_no_outer_loop_of_the_next() -> None:
    texts, _ = said("""
        from tqdm import tqdm
        first = tqdm(total=2)
        first.update(2); first.refresh()
        for _ in tqdm(range(3), desc="next"):
            time.sleep(0.11)
    """)
    assert texts[-1] == "3 of 3 · next"


def test_a_table_that_is_applied_with_progress_tells_it() -> None:
    texts, _ = said("""
        import pandas
        from tqdm import tqdm
        tqdm.pandas(desc="rows")
        pandas.Series(range(10)).progress_apply(lambda _: time.sleep(0.05))
    """)
    assert texts[-1] == "10 of 10 · rows"


def test_text_written_above_a_bar_and_a_bar_that_begins_anew_are_fine() -> None:
    texts, log = said("""
        from tqdm import tqdm
        bar = tqdm(total=4)
        bar.update(4); tqdm.write("a line", file=sys.stderr)
        bar.reset(total=6)
        bar.update(3); bar.refresh()
        bar.close()
    """)
    assert texts[-1] == "3 of 6"
    assert "a line" in log
