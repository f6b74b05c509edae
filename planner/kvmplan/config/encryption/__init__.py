"""What the ``encryption`` block says, and KVMPLAN_ENCRYPTION: told apart without evaluating (`blocks`), put together
(`declared`) and made into what `kvmplan.encryption` does (`settings`). As OpenTofu has it:
https://opentofu.org/docs/language/state/encryption/
"""
