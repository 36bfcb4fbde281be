"""Runs that are alike and not the same: curves, a picture, a page, a table and a log, by their parameters."""

import math

from flasklab import experiment, run


class Bar:
    """A picture as wide as a number."""

    def __init__(self, share: float) -> None:
        self.share = share

    def _repr_svg_(self) -> str:
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" width="240" height="80" viewBox="0 0 240 80">'
            '<rect width="240" height="80" fill="#eee"/>'
            f'<rect y="20" width="{240 * self.share:.0f}" height="40" fill="#1f58c7"/></svg>'
        )


class Page:
    """A page that moves."""

    def __init__(self, word: str) -> None:
        self.word = word

    def _repr_html_(self) -> str:
        return f"<p id='said'></p><script>document.getElementById('said').textContent = '{self.word}'</script>"


@experiment
def fit(rate: float = 0.1, rounds: int = 40, model: str = "linear", seed: int = 1) -> dict[str, float | str]:
    """Pretend to fit a model."""
    print(f"fitting {model}")
    print("reading the data")
    for step in range(rounds):
        loss = math.exp(-rate * step) + math.sin(step * seed) / 20
        run.log(step=step, loss=loss, accuracy=1 - loss / 2)
        if step % 10 == 0:
            print(f"round {step}")
    print("done")
    run.show(Bar(rate), name="share")
    if model != "linear":
        run.show(Page(model), name="page")
    table = run.workdir / "scores.csv"
    rows = [("svm", rate), ("tree", 0.5), (model, 0.75)]
    table.write_text("model,score\n" + "".join(f"{name},{score}\n" for name, score in rows), encoding="utf-8")
    run.save("scores.csv", table)
    return {"accuracy": 1 - rate / 2, "fit_seconds": rate * 10, "model": model}
