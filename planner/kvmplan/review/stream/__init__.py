"""The machine-readable stream of a command: one JSON object a line, in the form of Terraform's machine-readable UI
(``terraform apply -json``), what is ours under ``kvmplan_`` keys.

What makes lines here leaves out their moment, which `encoded` adds; who writes them is the business of `kvmplan.cli`.
"""
