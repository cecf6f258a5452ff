"""The project's folder, and the errors that a user can put right."""

from __future__ import annotations

import hashlib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


class UserError(Exception):
    """An error that the user can cause and put right; its text is one line that says what to do.

    A command prints it as `<command>: <text>` and ends with exit status 2.
    """


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits.

    Raises:
        OSError: it cannot be read.

    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
