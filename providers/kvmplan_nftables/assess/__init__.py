"""Judging a plan against the host as it is: whether what is planned will work, and what of other people's stops it.

Foreign rules are only read. Not here: what is wrong with one resource by itself (its own module).
"""
