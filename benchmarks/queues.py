"""Other ways to run a function behind a web page, each in a virtual environment of its own (see `benchmarks.rivals`).

Each gets two workers and what makes it fast: one request that hands the job over and waits for its result, a thread
of the web server for every client, a Redis that keeps nothing on the disk, short polls. Where workers fork, they have
imported the same libraries as our lab before they do.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.clients import CLIENTS, Answer, Ask, Connection, Pace, request
from benchmarks.environments import QUIET, Environment
from benchmarks.serving import free_port, granian, program

if TYPE_CHECKING:
    from collections.abc import Iterator

LIBRARIES = ("numpy", "pandas", "matplotlib", "scikit-learn")
IMPORTS = "import numpy, pandas, matplotlib.pyplot, sklearn.ensemble\n"
_RUN = request("POST", "/run/double", b'{"param": 21}')
_PATIENCE = 60.0


def ask_flask(answer: Answer | None) -> bytes | None:
    """One request; its answer holds the result."""
    if answer is None:
        return _RUN
    assert answer.status == 200, answer
    assert json.loads(answer.body)["output"] == 42, answer
    return None


def ask_gradio(answer: Answer | None) -> bytes | None:
    """The job's id first, then its events."""
    if answer is None:
        return request("POST", "/gradio_api/call/double", b'{"data": [21]}')
    assert answer.status == 200, answer
    if b"event: " not in answer.body:
        return request("GET", f"/gradio_api/call/double/{json.loads(answer.body)['event_id']}")
    assert b"event: complete" in answer.body, answer
    assert b"[42" in answer.body, answer
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A rival: its programs, and how fast it was when it was recorded."""

    name: str
    environment: Environment
    recorded: Pace
    files: dict[str, str]  # name: content
    workers: tuple[tuple[str, ...], ...]  # arguments of the interpreter
    web: tuple[str, ...] = ()  # arguments of the interpreter, then the port; granian with web:app where there are none
    needs_redis: bool = True
    ask: Ask = field(default=ask_flask)

    @property
    def lacks(self) -> str | None:
        """What is not there that it needs, in words."""
        if not self.environment.is_ready:
            return f"{self.name} is not there: make bench-rivals"
        if self.needs_redis and shutil.which("redis-server") is None:
            return f"{self.name} needs redis-server, which is not there"
        return None

    @contextlib.contextmanager
    def running(self) -> Iterator[int]:
        """Its programs, ready to answer; the port."""
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            variables = dict(QUIET)
            if self.needs_redis:
                variables["REDIS_URL"] = f"redis://127.0.0.1:{stack.enter_context(_redis())}/0"
            for name, content in self.files.items():
                (folder / name).write_text(content, encoding="utf-8")
            port, python = free_port(), self.environment.python
            web = [python, *self.web, str(port)] if self.web else granian(python, "web:app", port, CLIENTS)
            for command in (*([python, *arguments] for arguments in self.workers), web):
                stack.enter_context(program(command, folder, variables))
            wait_until_answered(port, self.ask)
            yield port


def wait_until_answered(port: int, ask: Ask) -> None:
    """Return once a trip has ended as it should.

    Raises:
        TimeoutError: none did within a minute.
    """
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            connection = Connection(port)
            wanted = ask(None)
            while wanted is not None:
                wanted = ask(connection.exchange(wanted))
            connection.close()
        except (OSError, AssertionError) as error:
            if time.monotonic() > end:
                raise TimeoutError(f"port {port} gave no right answer within {_PATIENCE:.0f} s: {error}") from error
            time.sleep(0.05)
        else:
            return


@contextlib.contextmanager
def _redis() -> Iterator[int]:
    """A Redis of our own that keeps nothing on the disk; its port."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
        with program(command, Path(folder)):
            end = time.monotonic() + _PATIENCE
            while True:
                with contextlib.suppress(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", port), timeout=5).close()
                    break
                if time.monotonic() > end:
                    raise TimeoutError("redis-server does not answer")
                time.sleep(0.02)
            yield port


_WEB = """
import os
from flask import Flask, jsonify, request
{setup}
app = Flask(__name__)

@app.post("/run/double")
def double():
    return jsonify(output={answer})
"""

CELERY = Queue(
    name="Celery",
    environment=Environment("celery", ("flask", "granian", "celery[redis]", *LIBRARIES)),
    recorded=Pace(median_ms=1.8, p95_ms=2.2, per_second=560),
    files={
        "tasks.py": IMPORTS
        + """
import os
from celery import Celery
celery = Celery("tasks", broker=os.environ["REDIS_URL"], backend=os.environ["REDIS_URL"])

@celery.task
def double(param):
    return 2 * param
""",
        "web.py": _WEB.format(
            setup="import tasks", answer='tasks.double.delay(request.get_json()["param"]).get(timeout=30)'
        ),
    },
    workers=(
        ("-m", "celery", "-A", "tasks", "worker", "-c", "2", "-l", "ERROR", "--without-gossip", "--without-mingle"),
    ),
)

RQ = Queue(
    name="RQ, forking",
    environment=Environment("rq", ("flask", "granian", "rq", *LIBRARIES)),
    recorded=Pace(median_ms=14.6, p95_ms=20, per_second=86),
    files={
        "tasks.py": IMPORTS + "\ndef double(param):\n    return 2 * param\n",
        "worker.py": """
import os
import tasks  # before it forks for each job
from redis import Redis
from rq import Queue, Worker
connection = Redis.from_url(os.environ["REDIS_URL"])
Worker([Queue(connection=connection)], connection=connection).work(logging_level="ERROR")
""",
        "web.py": _WEB.format(
            setup="""
from redis import Redis
from rq import Queue
queue = Queue(connection=Redis.from_url(os.environ["REDIS_URL"]))
""",
            answer='queue.enqueue("tasks.double", request.get_json()["param"]).latest_result(timeout=30).return_value',
        ),
    },
    workers=(("worker.py",), ("worker.py",)),
)

HUEY = Queue(
    name="huey",
    environment=Environment("huey", ("flask", "granian", "huey")),
    recorded=Pace(median_ms=2.9, p95_ms=5.1, per_second=840),
    files={
        "tasks.py": """
from huey import SqliteHuey
huey = SqliteHuey("tasks", filename="huey.db")

@huey.task()
def double(param):
    return 2 * param
""",
        "web.py": _WEB.format(
            setup="import tasks",
            answer='tasks.double(request.get_json()["param"]).get(blocking=True, timeout=30, max_delay=0.002)',
        ),
    },
    workers=(("-m", "huey.bin.huey_consumer", "tasks.huey", "-w", "2", "-q", "-d", "0.001", "-m", "0.001"),),
    needs_redis=False,
)

GRADIO = Queue(
    name="Gradio",
    environment=Environment("gradio", ("gradio",)),
    recorded=Pace(median_ms=3.8, p95_ms=5.3, per_second=220),
    files={
        "web.py": """
import sys
import gradio
with gradio.Blocks() as demo:
    param, output = gradio.Number(), gradio.Number()
    gradio.Button().click(lambda param: 2 * param, param, output, api_name="double", concurrency_limit=2)
demo.launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True)
"""
    },
    workers=(),
    web=("web.py",),
    needs_redis=False,
    ask=ask_gradio,
)

QUEUES = (RQ, CELERY, HUEY, GRADIO)
