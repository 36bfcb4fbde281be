"""SQL, metric chunks, logs and files: everything that outlives a process.

May import `recording`, `experiments`, `runs`, `config` and `errors`. Rows and connections never leave this room.
"""
