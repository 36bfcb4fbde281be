"""What people and programs ask of the lab, one intention per file.

May import `store` and the rooms below it. Never a request, a session, a row or a process.
"""
