"""Numbers in words and digits, for the text, the tables and the charts of the report pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from markupsafe import Markup

Row = dict[str, Any]


def number(value: Decimal | int, decimals: int | None = None) -> str:
    """Write a number with the decimals given, or without closing zeros: 56.60 is 56.6."""
    exact = Decimal(value)
    if decimals is not None:
        exact = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    elif exact == exact.to_integral_value():
        exact = exact.quantize(Decimal(1))
    else:
        exact = exact.normalize()
    return f"{exact:,f}"


def signed(value: Decimal | int, decimals: int | None = None) -> str:
    """Write a difference with its sign."""
    written = number(abs(Decimal(value)), decimals)
    return written if not value else f"{'+' if value > 0 else '−'}{written}"


def more_or_less(value: Decimal | int, more: str, less: str, decimals: int | None = None) -> str:
    """Write a difference in words, such as `47 months longer`."""
    return f"{number(abs(Decimal(value)), decimals)} {more if value >= 0 else less}"


def uncapitalized(text: str) -> str:
    """Begin a text with a small letter, within a sentence, but for an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def listed(items: Sequence[str]) -> str:
    """Join items as a sentence does: a, b and c."""
    *others, last = items
    return f"{', '.join(others)} and {last}" if others else last


def breakable(text: str) -> Markup:
    """Let a path break at its separators, and not within a word."""
    parts = re.split(r"(?<=/)|(?<=__)", text)
    return Markup("<wbr />").join(parts)
