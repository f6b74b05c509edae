"""Building blocks that are there already, whoever made them: as values, by identifiers that a person writes, and all
of a table for ``kvmplan discover``. Not here: how the first apply takes them over in place (`table.batch`).
"""
