"""Pages: HTTP in, HTML or JSON out. A view parses, makes one call, presents.

May import `http`, `services` and below; never `api`, SQL, or an experiment.
"""
