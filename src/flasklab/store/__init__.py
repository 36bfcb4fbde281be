"""SQL, metric chunks, logs and files: everything that outlives a process.

May import `recording`, `experiments`, `runs`, `config` and `errors`. Rows and connections never leave this
room. `Store` is fetched when it is first used: the locks and the doorbell beside it need no database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flasklab.store.store import Store

__all__ = ["Store"]


def __getattr__(name: str) -> Any:
    if name != "Store":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from flasklab.store.store import Store

    return Store
