from __future__ import annotations

import time

from flasklab import experiment, run


@experiment
def speaks(lines: int = 100, seconds: float = 0.3) -> dict[str, int]:
    """Print, log and save so many times."""
    for line in range(lines):
        print("line", line)
        run.log(step=line, loss=1 / (1 + line))
        time.sleep(seconds / lines)
    run.save("said.txt", f"{lines} of {run.id}")
    return {"lines": lines}
