"""The versions of the formats that the review writes, all Terraform's."""

TERRAFORM = "1.11.4"
"""The Terraform whose formats ours are checked against. Readers tell a plan or a state by the key alone."""
PLAN = "1.2"
STATE = "1.0"
STREAM = "1.2"
