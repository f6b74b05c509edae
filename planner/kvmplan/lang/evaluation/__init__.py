"""The evaluator's parts, one per family of expressions; each says which nodes it evaluates.

What the rest of the program uses is in `kvmplan.lang.evaluate`.
"""
