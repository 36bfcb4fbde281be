"""The REST API: HTTP in, JSON out.

May import `http`, `services` and below; never `web`, SQL, or an experiment.
"""
