"""Numbers in words and digits, for the text, the tables and the charts of the report pages."""

from __future__ import annotations

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


def counted(value: Decimal | int, unit: str) -> str:
    """Write a number with its unit, which marts give in the plural: 1 year, 15 years."""
    return f"{number(value)} {unit.removesuffix('s') if value == 1 else unit}"


def percent(row: Row) -> str:
    """Write the percentage of a row as printed, or the computed one where none is printed."""
    if row["published_percent"] is None:
        return number(row["recomputed_percent"], 1)
    return number(row["published_percent"], row["published_percent_decimals"])


def uncapitalized(text: str) -> str:
    """Begin a text with a small letter, within a sentence."""
    return text[:1].lower() + text[1:]


def listed(items: Sequence[str]) -> str:
    """Join items as a sentence does: a, b and c."""
    *others, last = items
    return f"{', '.join(others)} and {last}" if others else last


def squeezed(text: object) -> Markup:
    """Write a text of a template in one line."""
    return Markup(" ".join(str(text).split()))


FILTERS = (number, signed, more_or_less, counted, percent, uncapitalized, listed, squeezed)
