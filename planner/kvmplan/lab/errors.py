"""The one exception of the lab."""


class LabError(Exception):
    """The lab cannot do what was asked; ``str(error)`` is one message for the person at the keyboard."""
