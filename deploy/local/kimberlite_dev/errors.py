"""What goes wrong in a way that a person can mend."""


class DevError(Exception):
    """Its text is shown as it is: what went wrong and what to do."""
