"""Which rules of alerts there are, and what may be set of them."""

from collections.abc import Mapping
from typing import Any

from shortimize_analytics.errors import InvalidParameterError

RULE_NAMES = ("took_off", "stalled", "silent", "not_counted", "implausible", "revived")
"""In the order in which a message tells them."""
RuleOptions = Mapping[str, Any]
"""Of a rule by name: False switches it off, a mapping holds its options."""


def check_rules(rules: RuleOptions | None) -> dict[str, dict[str, Any]]:
    """Return the options of each rule that is in force.

    Raises
    ------
    InvalidParameterError
        For an unknown rule or option.

    Examples
    --------
    >>> from shortimize_analytics.delivery.rule_options import check_rules
    >>> check_rules({"stalled": False, "silent": {"factor": 2}})["silent"]
    {'factor': 2.0}
    """
    given = dict(rules or {})
    if unknown := sorted(set(given) - set(RULE_NAMES)):
        raise InvalidParameterError(f"rule {unknown[0]!r} is unknown; choose from {', '.join(RULE_NAMES)}")
    options: dict[str, dict[str, Any]] = {}
    for name in RULE_NAMES:
        chosen = given.get(name, True)
        if chosen is False:
            continue
        own = {} if chosen is True else chosen
        factor = own.get("factor") if isinstance(own, Mapping) else None
        if not isinstance(own, Mapping) or set(own) - {"factor"} or (own and name != "silent"):
            raise InvalidParameterError(f"rule {name}={chosen!r}: pass true or false; silent also takes factor")
        if factor is not None and not (isinstance(factor, int | float) and 1 <= factor <= 100):
            raise InvalidParameterError(f"rule silent: factor={factor!r} must be a number from 1 to 100")
        options[name] = {} if factor is None else {"factor": float(factor)}
    return options
