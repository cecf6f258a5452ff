"""The signals that end a run: each becomes KeyboardInterrupt, except during a publication."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """What the process does with the signals of a terminal, of `kill`, and of a lost connection."""

    received: signal.Signals | None = None
    are_held = False

    @classmethod
    def install(cls) -> None:
        """Handle the signals that the process was not started to ignore (as nohup does)."""
        for number in HANDLED:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, cls.handle)

    @classmethod
    def handle(cls, number: int, _: object) -> None:
        """End the run, and keep which signal it was: dbt and DuckDB make other errors of it."""
        if not cls.are_held:
            cls.received = signal.Signals(number)
            raise KeyboardInterrupt

    @classmethod
    @contextmanager
    def held(cls) -> Iterator[None]:
        """Ignore signals for the time of a block: what it does takes no time and is done whole."""
        cls.are_held = True
        try:
            yield
        finally:
            cls.are_held = False
