"""Storms: real labs are killed, stopped, starved and filled up, and an outside ledger says what was lost.

`python -m storms [R1 ...]`; see docs/reliability.md. They start the lab's own command and read its database as a
stranger would; from the package they import nothing but the names of its failpoints.
"""
