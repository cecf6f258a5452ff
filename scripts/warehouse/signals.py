"""The signals that end a run: each becomes KeyboardInterrupt, except during a publication."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """What the process does with the signals of a terminal, of `kill`, and of a lost connection."""

    received: signal.Signals | None = None
    are_held = False
    child: int | None = None

    @classmethod
    def install(cls) -> None:
        """Handle the signals that the process was not started to ignore (as nohup does)."""
        for number in HANDLED:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, cls.handle)

    @classmethod
    def handle(cls, number: int, _: object) -> None:
        """End the run, and keep which signal it was: dbt and DuckDB make other errors of it."""
        if cls.child:
            with suppress(ProcessLookupError):
                os.kill(cls.child, number)
        elif not cls.are_held and not cls.received:  # the first ends the run, which takes a moment
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

    @classmethod
    @contextmanager
    def passed_on(cls, child: BaseProcess) -> Iterator[None]:
        """Start a process that gets the signals in the place of this one until the block ends."""
        signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
        child.start()
        cls.child = child.pid
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
        try:
            yield
        finally:
            cls.child = None

    @classmethod
    def take_over(cls) -> None:
        """Handle signals in a process that `passed_on` has started, and end it with its parent."""
        cls.are_held = False
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
        at_end_of_parent = 1  # PR_SET_PDEATHSIG of Linux
        if prctl := getattr(ctypes.CDLL(None), "prctl", None):
            prctl(at_end_of_parent, signal.SIGKILL)
