"""Figures we hold ourselves to, each beside a rival or a limit of the same run. They are not tests."""
