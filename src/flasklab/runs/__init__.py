"""Values and rules of runs: what a run is, which states it goes through, what it leaves behind.

May import nothing of Flasklab but `errors`. Knows no database, no web, no process.
"""
