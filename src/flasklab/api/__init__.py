"""The REST API: HTTP in, JSON out.

May import `services` and below; never `web`, SQL, or an experiment.
"""
