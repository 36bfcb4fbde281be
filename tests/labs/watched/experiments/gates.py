"""Runs that go on only when a test lets them: each line of a file opens the next gate."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from flasklab import experiment, run


@experiment
def gated(gate: str = "", gates: int = 4) -> dict[str, int]:
    """Pass one gate after the other.

    Args:
        gate: the file whose lines open them
        gates: how many there are
    """
    for number in range(1, gates + 1):
        pass_gate(gate, number)
        run.progress(number, gates, f"gate {number}")
        run.log(step=number, height=1 / number)
        print(f"passed gate {number}")
    return {"passed": gates}


@experiment
def fails(message: str = "the numbers do not fit") -> None:
    """Fail after some lines."""
    run.log(step=1, loss=0.5)
    print("about to fail")
    raise ValueError(message)


MARKUP = "<img src=x onerror=pwned()><script>pwned()</script>"
ATTACK = """
<!doctype html><title>attack</title><ul id="tries"></ul><output id="end"></output>
<script>
const tries = {
  cookie: () => document.cookie,
  storage: () => localStorage.length,
  parent: () => parent.document.title,
  top: () => { top.location = "/broken/attack"; },
  popup: () => { if (!open("/runs")) throw new Error("blocked"); },
  fetch: () => fetch("/api/v1/runs"),
  post: () => fetch("/cancel/x", {method: "POST", mode: "no-cors", credentials: "include"}),
  worker: () => navigator.serviceWorker.register("/worker.js"),
  image: () => new Promise((onload, onerror) => { Object.assign(new Image(), {onload, onerror, src: "/beacon"}); }),
};
(async () => {
  for (const [name, attempt] of Object.entries(tries)) {
    let told = "refused";
    try { const got = await attempt(); told = `worked: ${got}`; } catch {}
    const line = document.createElement("li");
    line.textContent = `${name} ${told}`;
    document.getElementById("tries").append(line);
  }
  document.getElementById("end").textContent = "tried everything";
})();
</script>
"""


@dataclass
class Page:
    """Something that shows itself as HTML, as notebooks' objects do."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


@experiment
def hostile(gate: str = "", text: str = MARKUP) -> dict[str, str]:
    """Show, name, log and print what would act as the reader if it were not held."""
    run.log({f"metric {MARKUP}": 1.0}, step=1)
    pass_gate(gate, 1)
    run.tag(f"tag {MARKUP}")
    run.note(f"note {MARKUP}")
    run.progress(1, 2, f"progress {MARKUP}")
    run.log({f"late metric {MARKUP}": 1.0}, step=2)
    print(f"line {MARKUP}")
    pass_gate(gate, 2)
    run.show(f"shown {MARKUP}", name=f"figure {MARKUP}")
    run.show(Page(ATTACK), name="attack")
    return {f"output {MARKUP}": f"value {MARKUP}", "text": text}


@experiment
def hostile_failure() -> None:
    """Fail with markup in the message."""
    raise ValueError(f"message {MARKUP}")


def pass_gate(gate: str, number: int) -> None:
    """Wait for the gate's `number`th line; no file, no gate."""
    while gate and len(Path(gate).read_text(encoding="utf-8").splitlines()) < number:
        time.sleep(0.02)


@experiment(retries=1)
def annotated(gate: str = "") -> None:
    """Tag and note something after each gate.

    Args:
        gate: the file whose lines open them
    """
    for number in (1, 2, 3):
        pass_gate(gate, number)
        run.tag(f"step {number}", "noise")
        run.note(f"after {number}")
