"""Data sources: what is on a host, whoever made it, to be referred to. Read only; one call for each kind of object.

Not here: what is ours and how it differs from what is wanted (each kind's own ``read``).
"""
