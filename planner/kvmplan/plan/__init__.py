"""Planning: what is there (refresh), what is wanted (evaluate), what to do (diff), and in which order (steps).

A plan changes nothing, neither on hosts nor in state; `kvmplan.apply` carries it out and `kvmplan.review` shows it.
"""
