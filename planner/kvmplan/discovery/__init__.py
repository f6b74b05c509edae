"""What is on hosts and in no state, written as configuration that takes it over: `import` and `resource` blocks.

It reads hosts and changes nothing. What there is, providers say (`kvmplan_sdk.Discovers`); planning and applying what
is written is left to the other commands.
"""
