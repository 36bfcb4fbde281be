"""Altair charts that are drawn in the browser."""

from __future__ import annotations

import altair as alt
import pandas as pd

from flasklab import experiment, run

ROWS = [{"kind": kind, "count": count} for kind, count in (("a", 3), ("b", 5), ("</script>", 2))]


@experiment
def charts() -> None:
    """Show a chart that computes and reacts, and two side by side."""
    bars = alt.Chart(pd.DataFrame(ROWS)).mark_bar()
    hovered = alt.selection_point(on="pointerover", empty=False)
    run.show(
        bars.transform_calculate(double="datum.count * 2")
        .encode(
            x=alt.X("kind:N"),
            y=alt.Y("double:Q"),
            tooltip="double:Q",
            color=alt.when(hovered).then(alt.value("firebrick")).otherwise(alt.value("steelblue")),
        )
        .add_params(hovered),
        name="counts",
    )
    side = bars.encode(x="kind:N", y="count:Q").properties(width=120, height=80)
    run.show(side | side, name="pair")
