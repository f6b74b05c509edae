"""The kit that authors test their providers with: hosts that record and fail on demand, and the conformance checks.

It is for tests only: nothing that runs in production imports it.
"""
