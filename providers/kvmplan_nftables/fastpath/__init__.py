"""The fast path: forwarded connections that go from device to device past the rest of the kernel, once they are there.

Not here: who may be forwarded at all (`filter`), and translation (`nat`), which the fast path keeps.
"""
