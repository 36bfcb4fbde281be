"""What pages and API share of HTTP: parameters from requests, runs as JSON, problems, doors.

May import `services` and below. Never a template, and nothing of `web` or `api`.
"""
