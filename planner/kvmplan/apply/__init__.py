"""Applying: a plan carried out step by step, written ahead, read back, and saved; and undone where that is wanted.

It decides nothing: what to do and in which order is the plan's. It knows no host: providers do the work.
"""
