"""What an experiment says while it runs, and how that becomes events.

May import `experiments`, `runs` and `errors`. Never a database, Flask, or a library that the experiment
has not imported.
"""
