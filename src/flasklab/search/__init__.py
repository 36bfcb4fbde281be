"""The language in which runs are searched for: what was typed becomes an expression, never code.

Holds its words, its grammar and its errors, each of which points at the place. May import `runs` and `errors`. Knows no
SQL: the store turns an expression into that.
"""
