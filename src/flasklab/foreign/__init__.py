"""Runs as other tools leave them behind, read without those tools.

May import `runs` and `errors`. Nothing here writes, and nothing here knows the store.
"""
