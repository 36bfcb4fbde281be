"""A form with many kinds of fields."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from flasklab import Upload, experiment


@experiment
def kinds(
    table: Annotated[Path, Upload(".csv")],
    code: Annotated[str, Field(pattern="^[A-Z]{3}$")],
    share: Annotated[float, Field(ge=0, le=1)] = 0.5,
    sizes: list[int] = [8, 16],  # noqa: B006 - never changed
    options: dict[str, Any] = {"depth": 2},  # noqa: B006 - never changed
    day: date = date(2026, 2, 3),
    mode: Literal["fast", "exact"] = "fast",
    shuffle: bool = True,
    note: str = "",
) -> dict[str, Any]:
    """Answer with what came in.

    Args:
        code: three capital letters
        share: part of the whole
    """
    return {
        "lines": len(table.read_text(encoding="utf-8").splitlines()),
        "code": code,
        "share": share,
        "sizes": str(sizes),
        "depth": options["depth"],
        "day": day.isoformat(),
        "mode": mode,
        "shuffle": shuffle,
        "note": note,
    }
