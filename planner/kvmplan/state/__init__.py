"""State: what kvmplan made, as of the last apply. The document, its file, its lock.

It is not the truth about hosts (refresh asks them) and not the journal of a run (`kvmplan.apply` keeps that beside it).
"""
