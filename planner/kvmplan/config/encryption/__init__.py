"""What is encrypted, as ``encryption`` blocks and KVMPLAN_ENCRYPTION say: put together and checked (`declared`), then
evaluated and made into what `kvmplan.encryption` does (`settings`). As OpenTofu has it:
https://opentofu.org/docs/language/state/encryption/
"""
