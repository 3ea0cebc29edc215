"""Amounts of money: read without a float, multiplied without a rounding, rounded once.

Every product runs in one decimal context that refuses to round; `to_digits` is the one place that does. Dividing by
1,000 moves the point. The two true divisions, splitting a fee and a fee in proportion, are whole numbers of the
currency's smallest unit.

References
----------
Digits of currencies: Unicode CLDR, by way of Babel (JPY 0, USD 2, KWD 3).
"""

import re
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Clamped,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    Underflow,
)
from functools import cache

EXACT = Context(prec=34, traps=[Clamped, DivisionByZero, Inexact, InvalidOperation, Overflow, Underflow])
"""Multiplies and adds; a result that needs more than 34 digits raises instead of being rounded."""
_ROUNDS = Context(prec=60)
"""Where `to_digits` rounds: EXACT would refuse."""
ROUNDINGS = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}
RATE_DIGITS = 6
"""Decimals of a rate; amounts have as many as their currency."""
LARGEST = 15
"""Digits before the point: beyond them a spreadsheet rounds, and nobody is paid so much."""
ZERO = Decimal(0)
_NUMBER = re.compile(r"(?P<sign>-?)(?P<whole>[0-9]+)(?:(?P<mark>[.,])(?P<part>[0-9]+))?", re.ASCII)


@cache
def currencies() -> frozenset[str]:
    """Return the codes that Babel knows: asked for the digits of any other it would say 2."""
    from babel.numbers import list_currencies

    return frozenset(list_currencies())


@cache
def digits_of(currency: str) -> int:
    """Return how many decimals a currency has.

    Examples
    --------
    >>> from shortimize_analytics.analysis.money.amounts import digits_of
    >>> [digits_of(code) for code in ("USD", "JPY", "KWD")]
    [2, 0, 3]
    """
    from babel.numbers import get_currency_precision

    return int(get_currency_precision(currency))


def read_amount(text: str, *, digits: int, comma: bool = False) -> Decimal:
    """Read an amount as a person or a spreadsheet wrote it.

    Parameters
    ----------
    text
        Digits, with a minus sign before them or a point in them.
    digits
        Decimals it may have.
    comma
        A comma may take the point's place: the file's cells are not separated by commas.

    Raises
    ------
    ValueError
        With what to write instead, for anything that can be read in two ways.

    Examples
    --------
    >>> from shortimize_analytics.analysis.money.amounts import read_amount
    >>> read_amount("12.50", digits=2), read_amount("12,5", digits=2, comma=True)
    (Decimal('12.50'), Decimal('12.5'))
    >>> read_amount("1.234,56", digits=2)
    Traceback (most recent call last):
    ValueError: write digits with a point for decimals and nothing else, as 1234.56
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise ValueError("write digits with a point for decimals and nothing else, as 1234.56")
    if found["mark"] == "," and not comma:
        raise ValueError(f"write a point for decimals: {text.replace(',', '.')}")
    if len(found["part"] or "") > digits:
        raise ValueError(f"write at most {digits} decimals" if digits else "write no decimals: the currency has none")
    if len(found["whole"].lstrip("0")) > LARGEST:
        raise ValueError(f"write at most {LARGEST} digits before the point")
    return EXACT.create_decimal(text.replace(",", "."))


def per_1000(rate: Decimal, views: int) -> Decimal:
    """Multiply a rate per 1,000 views with views, without rounding."""
    return EXACT.scaleb(EXACT.multiply(rate, Decimal(views)), -3)


def to_digits(value: Decimal, *, digits: int, rounding: str = "half_up") -> Decimal:
    """Round an amount to its currency's digits: the one place that rounds.

    Examples
    --------
    >>> from shortimize_analytics.analysis.money.amounts import Decimal, per_1000, to_digits
    >>> to_digits(per_1000(Decimal("0.60"), 12345), digits=2), to_digits(per_1000(Decimal(1), 2675), digits=2)
    (Decimal('7.41'), Decimal('2.68'))
    """
    return value.quantize(_unit(digits), ROUNDINGS[rounding], _ROUNDS)


@cache
def _unit(digits: int) -> Decimal:
    return Decimal(1).scaleb(-digits)


def split(amount: Decimal, parts: int, *, digits: int) -> list[Decimal]:
    """Split an amount into whole smallest units that add up to it, the first parts one unit larger.

    Examples
    --------
    >>> from shortimize_analytics.analysis.money.amounts import Decimal, split
    >>> [str(part) for part in split(Decimal(100), 7, digits=2)]
    ['14.29', '14.29', '14.29', '14.29', '14.28', '14.28', '14.28']
    """
    units = _units(amount, digits)
    sign = -1 if units < 0 else 1
    each, rest = divmod(abs(units), parts)
    return [_amount(sign * (each + (place < rest)), digits) for place in range(parts)]


def in_proportion(amount: Decimal, part: int, whole: int, *, digits: int, rounding: str = "half_up") -> Decimal:
    """Return an amount × part ÷ whole, rounded once, in whole numbers; `amount` is not negative.

    Examples
    --------
    >>> from shortimize_analytics.analysis.money.amounts import Decimal, in_proportion
    >>> in_proportion(Decimal(750), 37, 60, digits=2)
    Decimal('462.50')
    """
    found, rest = divmod(_units(amount, digits) * part, whole)
    if rounding == "half_up":
        found += 2 * rest >= whole
    elif rounding == "half_even":
        found += 2 * rest > whole or (2 * rest == whole and found % 2 == 1)
    return _amount(found, digits)


def _units(amount: Decimal, digits: int) -> int:
    return int(EXACT.to_integral_exact(EXACT.scaleb(amount, digits)))


def _amount(units: int, digits: int) -> Decimal:
    return Decimal(units).scaleb(-digits)


def total(amounts: "list[Decimal]", *, digits: int) -> Decimal:
    """Add amounts exactly; nothing adds up to a zero of the currency's digits."""
    found = Decimal(0).scaleb(-digits)
    for amount in amounts:
        found = EXACT.add(found, amount)
    return found
