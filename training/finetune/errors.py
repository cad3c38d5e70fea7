"""What can go wrong in ways that are the user's to put right."""


class FineTuningError(ValueError):
    """Training cannot start or go on; the message says why, mostly in one line."""


class NoGainError(Exception):
    """Training ended, and no state of the model was better on the songs held out; nothing is registered."""
