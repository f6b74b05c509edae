"""The backends that come with kvmplan beside ``local``: each a plugin, loaded when a configuration names it.

They know `kvmplan_sdk` alone, as those of third parties do, and nothing of what is in a state.
"""
