"""Configuration: finding and reading files, and the blocks in them as a model, with every static check.

It evaluates nothing (`kvmplan.lang` does) and knows no schema of a provider (`kvmplan.plan` brings the two together).
"""
