"""What can be taken out of a lab: each patch changes one module right after it was loaded.

They reach into the lab's code on purpose, and fail loudly where that has changed.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def _quick_restarts(module: Any) -> None:
    """No guard: a storm kills faster than anybody would, and should not measure the pauses after it."""
    assert module._LASTING_SECONDS > 0
    module._LASTING_SECONDS = 0.0


def _no_mark(module: Any) -> None:
    assert module._mark_begun
    module._mark_begun = lambda _: None


def _again_always(module: Any) -> None:
    assert module.wait_after_loss
    module.wait_after_loss = lambda *_, **_named: 0.0


def _no_leftovers(module: Any) -> None:
    assert module.end_leftovers
    module.end_leftovers = lambda *_: None


def _no_lock(module: Any) -> None:
    assert module.SupervisorLock.acquire
    module.SupervisorLock.acquire = lambda *_, **_named: True


def _late_files(module: Any) -> None:
    """The row before the file: whoever dies in between has a row of nothing."""
    place = module.FileStore._place

    def later(self: Any, complete: Any, sha256: str, size: int) -> Any:
        kept = complete.read_bytes()

        def really() -> None:
            time.sleep(0.5)
            copy = self.folder / f"late-{sha256[:16]}"
            copy.write_bytes(kept)
            place(self, copy, sha256, size)

        threading.Thread(target=really, daemon=True).start()
        complete.unlink(missing_ok=True)
        return module.StoredFile(sha256=sha256, size=size)

    module.FileStore._place = later


def _another_id(module: Any) -> None:
    """Whoever was not answered stores the run under another id, and without its key."""
    original = module.RunSubmit._store_here

    def store_here(self: Any, new: Any) -> Any:
        return original(self, module.replace_for_storm(new))

    from dataclasses import replace

    module.replace_for_storm = lambda new: replace(new, id=module.new_run_id(), idempotency_key=None)
    module.RunSubmit._store_here = store_here


def _no_attempt_fence(module: Any) -> None:
    """Whatever is written is written, whoever's attempt the run is by now."""
    held = module.update(module.runs).where(module.runs.c.id == module.bindparam("the_id"))
    module._KEEP = module.Prepared(held.values(module._SAID))
    module._SETTLE = module.Prepared(held.values(module._SAID | module._set("state", "output", "error", "finished_at")))


def _no_conditional_claim(module: Any) -> None:
    values = module._CLAIM._statement._values
    claim = module.update(module.runs).where(module.runs.c.id == module.bindparam("the_id"))
    claim._values = values
    module._CLAIM = module.Prepared(claim)


def _no_lease(module: Any) -> None:
    """Whoever has lost the lease writes all the same."""
    guard = module.Lease.guard

    def deaf(self: Any, unit: Any) -> None:
        with contextlib.suppress(module.LeaseLostError):
            guard(self, unit)

    module.Lease.guard = deaf


def _lease_for_all(module: Any) -> None:
    """Whoever asks for the lease has it."""
    assert module.Lease._is_free
    module.Lease._is_free = lambda *_: True


def _jumping_clock(module: Any) -> None:
    """No guard: the wall clock is off by as many seconds as a file says, which a storm changes."""
    assert module.now
    real = time.time
    file = Path(os.environ["FLASKLAB_TEST_LEDGER"]).with_name("clock")

    def jumped() -> float:
        try:
            return real() + float(file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return real()

    time.time = jumped
    module.now = lambda: datetime.fromtimestamp(jumped(), UTC)


ALL: dict[str, tuple[str, Callable[[Any], None]]] = {
    "quick-restarts": ("flasklab.server.serve", _quick_restarts),
    "no-mark": ("flasklab.execution.child", _no_mark),
    "again-always": ("flasklab.execution.retrying", _again_always),
    "no-leftovers": ("flasklab.execution.recovery", _no_leftovers),
    "no-lock": ("flasklab.store.presence", _no_lock),
    "late-files": ("flasklab.store.files", _late_files),
    "another-id": ("flasklab.services.run_submit", _another_id),
    "no-attempt-fence": ("flasklab.store.hot_writes", _no_attempt_fence),
    "no-lease": ("flasklab.execution.lease", _no_lease),
    "lease-for-all": ("flasklab.execution.lease", _lease_for_all),
    "jumping-clock": ("flasklab.runs.times", _jumping_clock),
    "no-conditional-claim": ("flasklab.store.hot_writes", _no_conditional_claim),
}
"""By name: the module, and what is done to it."""
