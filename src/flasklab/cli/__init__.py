"""Entrances for people at a terminal.

May import every other room; nothing imports it.
"""
