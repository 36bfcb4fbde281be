"""The web server and the supervisor under one parent.

May import every room but `cli`.
"""
