"""Blocks: each top-level block of a module decoded into its noun of the model, one room per family.

Shapes were checked before (`kvmplan.config.shape`); what a block refers to is looked for later (`kvmplan.graph`).
"""

from kvmplan.config.blocks.decoder import Decoder

__all__ = ["Decoder"]
