"""The mathematics of comparing runs: summaries, intervals, tests, effect sizes, groups, bands, fronts, importance.

Values in, values out: nothing here knows a run, a database, a request or a file. May import NumPy and `errors`, and
nothing else of Flasklab; scikit-learn only where `importance` is asked for. What is asked for with every list of runs
(`distributions`, `summaries`, `grouping`) does without NumPy, which costs a process 15 MB.

Each formula names its source, and the tests hold it against SciPy or against numbers worked out by hand.
docs/statistics.md says for users what each number means and when to trust it.
"""
