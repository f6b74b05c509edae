"""Review: every rendering of a plan, of its progress, and of diagnostics.

A plan is first written as JSON (Terraform's plan representation, our additions under ``kvmplan_`` keys); people's
text is made from that JSON, so a plan just made and a plan read from a file print the same. Nothing here evaluates or
decides.
"""
