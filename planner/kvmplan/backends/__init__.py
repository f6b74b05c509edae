"""Backends: where the state of a configuration is kept, from its ``backend`` block to a store that is open.

Not the state itself, nor how a file or a lock is written: `kvmplan.state`. What each backend does is its plugin's.
"""
