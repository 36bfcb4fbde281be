"""Gets a claimed run done: supervisor, zygote, child.

May import `services` and the rooms below it. Never Flask; the zygote and the child never touch the database.
"""
