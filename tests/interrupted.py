"""Processes for tests of interruption."""

import signal


def listening() -> None:
    """Let a process hear an interrupt even if the tests themselves run in the background, where it is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
