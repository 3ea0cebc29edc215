"""Sentences and tables about money: what a period cost, where months land, and what one creator is owed, and why.

Plain content for the templates, like the rest of the report: exact amounts as they were paid or stated, estimates with
their interval and with how past ones did.
"""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pandas as pd

from shortimize_analytics.analysis.money.costs import cost_figures
from shortimize_analytics.analysis.money.exceptions import ADVICE
from shortimize_analytics.analysis.money.pacing import pace_targets
from shortimize_analytics.analysis.money.payouts import Payouts
from shortimize_analytics.analysis.money.terms import Terms
from shortimize_analytics.analysis.periods.reference import Reference
from shortimize_analytics.analysis.periods.summary import PeriodSummary
from shortimize_analytics.plots.messages import gettext, later, ngettext
from shortimize_analytics.plots.theme import (
    NO_VALUE,
    counted,
    full_number,
    marked,
    percent,
    platform_name,
    short_number,
)

from .tables import Cell, Table, columns, rows_shown
from .words import Piece, Sentence, Words, day, piece, said_from, sentence

COST_ROWS, TARGET_ROWS = 8, 8
Section = dict[str, Any]
"""A question, its answer as a sentence, a table, and how to read it."""
_KINDS = {
    "views": later("Views"),
    "base": later("Base fee"),
    "bonus": later("Bonus"),
    "cap": later("Cap of the period"),
    "fall": later("Views that were taken back"),
    "decision": later("Decided"),
    "correction_counts": later("Corrected: counts"),
    "correction_terms": later("Corrected: terms"),
}
_SUMS = (
    ("earned", later("Earned")),
    ("cap", later("Above the cap of a period")),
    ("fall", later("Views that were taken back")),
    ("correction_counts", later("Earlier periods, with today’s counts")),
    ("correction_terms", later("Earlier periods, with today’s terms")),
    ("decisions", later("Decided by hand")),
    ("carried_in", later("Carried from the statement before")),
)
_VERDICTS = {"reached": "up", "on track": "up", "off track": "down", "missed": "down"}


def amount(value: Any, currency: str, *, signed: bool = False) -> str:
    """Write an exact amount, or an estimated one at the currency's digits.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from shortimize_analytics.report.money_page import amount
    >>> amount(Decimal("1234.50"), "USD"), amount(Decimal("-3.00"), "USD", signed=True)
    ('1,234.50 USD', '−3.00 USD')
    """
    if value is None or pd.isna(value):
        return NO_VALUE
    if not isinstance(value, Decimal):
        value = Decimal(f"{value:.2f}")
    sign = "−" if value < 0 else "+" if signed and value > 0 else ""
    return f"{sign}{marked(f'{abs(value):,f}')} {currency}"


def money_sections(
    summary: PeriodSummary,
    everyone: Reference,
    *,
    costs: pd.DataFrame | None,
    targets: pd.DataFrame | None,
    terms: Terms | None,
) -> list[Section]:
    """Answer what a period cost and where the periods of targets land, as it was known on its last day."""
    words, found = Words(), []
    first, last = pd.Timestamp(summary.first_day), pd.Timestamp(summary.last_day)
    if costs is not None:
        inside = ~((costs["uploaded_from"] > last) | (costs["uploaded_to"] < first))
        mine = costs[inside.to_numpy()]
        if len(mine):
            figures = cost_figures(everyone.then, costs=mine, terms=terms, forecasts=everyone.forecasts)
            found.append(cost_section(figures, words))
    if targets is not None:
        begun = targets[((targets["start"] <= last) & (targets["end"] >= first)).to_numpy()]
        if len(begun):
            found.append(landing_section(pace_targets(everyone.data, targets=begun, as_of=summary.last_day), words))
    return found


def cost_section(figures: pd.DataFrame, words: Words) -> Section:
    """Say what a period's views cost, from `cost_figures`."""
    totals = figures[(figures["scope"].astype("object") == "total").to_numpy()]
    rows = figures[(figures["scope"].astype("object") != "total").to_numpy()]
    reading = ""
    if len(figures):
        reading = ngettext(
            "Cost per 1,000 views at an age of {n} day, with the views that young videos are expected to have by "
            "then; today’s figure beside it makes young videos look dear.",
            "Cost per 1,000 views at an age of {n} days, with the views that young videos are expected to have by "
            "then; today’s figure beside it makes young videos look dear.",
            int(figures["age"].iloc[0]),
        )
    return {
        "question": gettext("What it cost"),
        "lead": [part for row in totals.itertuples() for part in _cost_sentence(row)],
        "reading": reading,
        "table": {
            "columns": columns(
                (gettext("Of"), "left", "rest"), (gettext("Cost"), "right", 78), (gettext("Videos"), "right", 40),
                (gettext("Per 1,000"), "right", 52), (gettext("From–to"), "right", 84), (gettext("Today"), "right", 52),
            ),
            "rows": [_cost_cells(row, words) for row in rows.head(COST_ROWS).itertuples()],
            "note": rows_shown(later("{shown} of {n} costs."), len(rows), shown=COST_ROWS),
        },
    }  # fmt: skip


def _cost_sentence(row: Any) -> Sentence:
    values = {"cost": amount(row.cost, row.currency), "videos": counted(row.n_videos, "video")}
    if pd.isna(row.cpm):
        return sentence("*{cost}* paid for {videos}. ", **values)
    values |= {"rate": _rate(row.cpm), "currency": row.currency}
    if row.cpm_hi > row.cpm_lo:
        values |= {"low": _rate(row.cpm_lo), "high": _rate(row.cpm_hi)}
        return sentence("*{cost}* paid for {videos}, {rate} {currency} per 1,000 views ({low}–{high}). ", **values)
    return sentence("*{cost}* paid for {videos}, {rate} {currency} per 1,000 views. ", **values)


def _cost_cells(row: Any, words: Words) -> list[Cell]:
    known = pd.notna(row.cpm)
    between = f"{_rate(row.cpm_lo)}–{_rate(row.cpm_hi)}" if known and row.cpm_hi > row.cpm_lo else NO_VALUE
    name = row.name if isinstance(row.name, str) else None
    if str(row.scope) == "organisation":
        name = gettext("organisation")
    return [
        [piece(words.clean(name, fallback=gettext("unnamed"), width=44))],
        [piece(amount(row.cost, row.currency))],
        [piece(full_number(row.n_videos))],
        [piece(_rate(row.cpm), strong=True)],
        [piece(between)],
        [piece(_rate(row.cpm_today), tone="muted")],
    ]


def _rate(value: Any) -> str:
    return NO_VALUE if pd.isna(value) else marked(f"{value:,.2f}")


def landing_section(pacing: pd.DataFrame, words: Words) -> Section:
    """Say where the periods of targets land, from `pace_targets`."""
    return {
        "question": gettext("How the targets stand"),
        "lead": [part for row in pacing.head(1).itertuples() for part in _landing_sentence(row)],
        "reading": gettext(
            "So far is exact; the landing adds what young videos, old ones and uploads to come should bring. The "
            "interval holds 80 % of past landings with as many days left; the last columns are their typical miss, and "
            "that of carrying on in a straight line."
        ),
        "table": {
            "columns": columns(
                (gettext("Target"), "left", "rest"), (gettext("So far"), "right", 46),
                (gettext("Lands at"), "right", 46), (gettext("From–to"), "right", 86), (gettext("Chance"), "right", 40),
                ("", "left", 48), (gettext("Miss"), "right", 30), (gettext("Straight"), "right", 40),
            ),
            "rows": [_landing_cells(row, words) for row in pacing.head(TARGET_ROWS).itertuples()],
            "note": rows_shown(later("{shown} of {n} targets."), len(pacing), shown=TARGET_ROWS),
        },
    }  # fmt: skip


def _landing_sentence(row: Any) -> Sentence:
    values = {"of": _of(row), "so_far": short_number(row.so_far), "target": short_number(row.target)}
    if row.metric == "uploads":
        said = sentence("{of}: {so_far} of {target} uploads so far", **values)
    else:
        said = sentence("{of}: {so_far} of {target} views so far", **values)
    if pd.notna(row.landing) and row.days_left > 0:
        landing = {"landing": short_number(row.landing), "low": short_number(row.lo80), "high": short_number(row.hi80)}
        if pd.notna(row.lo80):
            said += sentence("*, expected to land at {landing}* ({low}–{high})", **landing)
        else:
            said += sentence("*, expected to land at {landing}*", **landing)
    verdict = str(row.verdict)
    if verdict in _VERDICTS:
        said.append(piece(gettext(": {verdict}", verdict=gettext(verdict)), tone=_VERDICTS[verdict]))
    return [*said, piece(".")]


def _of(row: Any) -> str:
    return gettext("The organisation") if row.scope == "organisation" else str(row.name)


def _landing_cells(row: Any, words: Words) -> list[Cell]:
    between = f"{short_number(row.lo80)}–{short_number(row.hi80)}" if pd.notna(row.lo80) else NO_VALUE
    last = day(row.end, year=False)
    return [
        [piece(words.clean(_of(row), fallback=gettext("unnamed"), width=30)),
         piece(gettext("{target} by {day}", target=short_number(row.target), day=last), tone="muted")],
        [piece(short_number(row.so_far))],
        [piece(short_number(row.landing), strong=True)],
        [piece(between)],
        [piece(percent(row.p_target))],
        [piece(gettext(str(row.verdict)), tone=_VERDICTS.get(str(row.verdict), "muted"))],
        [piece(percent(row.mdape))],
        [piece(percent(row.mdape_linear), tone="muted")],
    ]  # fmt: skip


def statement_content(paid: Payouts, creator: str, *, words: Words) -> dict[str, Any]:
    """Gather one creator's statement: what is owed for a period, line by line, and the counts that prove it."""
    row = paid.statement[(paid.statement["creator"] == creator).to_numpy()].iloc[0]
    lines = paid.lines[(paid.lines["creator"] == creator).to_numpy()]
    posts = _posts(paid)
    currency = str(row["currency"])
    return {
        "title": gettext("What you are owed, and why"),
        "creator": creator,
        "period": gettext("{first} to {last}", first=day(paid.start), last=day(paid.end)),
        "payment": amount(row["payment"], currency),
        "said": _said(row, currency, least=paid.terms.min_payment),
        "provisional": gettext("Provisional: counts may still change.") if bool(row["provisional"]) else "",
        "sums": [
            {"name": gettext(name), "value": amount(row[key], currency, signed=True)} for key, name in _SUMS if row[key]
        ]
        + [
            {"name": gettext("Balance"), "value": amount(row["balance"], currency)},
            {"name": gettext("Paid now"), "value": amount(row["payment"], currency)},
            {"name": gettext("Carried to the next statement"), "value": amount(row["carried_out"], currency)},
        ],
        "lines": _lines_table(lines, posts, words),
        "evidence": _evidence_table(paid, lines, posts),
        "exceptions": [
            f"{gettext(str(row.reason).replace('_', ' '))}: {words.clean(_advice(row), fallback='', width=300)}"
            for row in paid.exceptions[(paid.exceptions["creator"] == creator).to_numpy()].itertuples()
        ],
        "notes": list(_notes(paid, row)),
    }


def _said(row: pd.Series, currency: str, *, least: Decimal) -> str:
    """Say the outcome in one sentence."""
    if row["payment"] > 0:
        return gettext("{amount} is owed for this period.", amount=amount(row["payment"], currency))
    if row["balance"] < 0:
        return gettext(
            "Nothing is paid: earlier payments were {amount} too high, which later statements make up. Nothing has to "
            "be paid back.", amount=amount(abs(row["balance"]), currency),
        )  # fmt: skip
    if row["balance"] > 0:
        return gettext(
            "Nothing is paid yet: {amount} is below the {least} from which payments are made, and is carried to the "
            "next statement.", amount=amount(row["balance"], currency), least=amount(least, currency),
        )  # fmt: skip
    return gettext("Nothing is owed for this period.")


def _posts(paid: Payouts) -> dict[str, Piece]:
    """Name the posts by platform and upload day, with their links."""
    known = paid.evidence.drop_duplicates("ad_id")
    return {
        str(row.ad_id): piece(
            f"{platform_name(str(row.platform))}, {day(row.uploaded_at, year=False)} ({str(row.ad_id)[:8]})",
            link=row.ad_link,
        )
        for row in known.itertuples()
    }


def _lines_table(lines: pd.DataFrame, posts: dict[str, Piece], words: Words) -> Table:
    rows = []
    for row in lines.itertuples():
        whole = piece(gettext("Whole period") if pd.isna(row.ad_id) else str(row.ad_id)[:8])
        moved = ""
        if pd.notna(row.counted):
            moved = f"{full_number(row.counted_before)} → {full_number(row.counted)}"
        why = words.clean(_workings(row.reason), fallback="", width=120)
        notes = "" if pd.isna(row.notes) else ", ".join(gettext(note) for note in str(row.notes).split(","))
        rows.append(
            [
                [
                    posts.get(str(row.ad_id), whole),
                    piece(" · ".join(filter(None, (notes, why))), tone="muted"),
                ],
                [piece(gettext(_KINDS[row.kind])), piece(day(row.period, year=False), tone="muted")],
                [piece(moved)],
                [piece(amount(row.amount, row.currency, signed=True), strong=True)],
            ]
        )
    return {
        "columns": columns(
            (gettext("Post"), "left", "rest"),
            (gettext("For"), "left", 112),
            (gettext("Views"), "right", 112),
            (gettext("Amount"), "right", 88),
        ),
        "rows": rows,
        "note": "",
    }


def _advice(row: Any) -> str:
    return said_from(str(row.what_to_do), ADVICE.values())


def _workings(reason: Any) -> Any:
    """Say why a line is there; what names fields of the terms stays as they are named there."""
    if not isinstance(reason, str):
        return reason
    return "; ".join(said_from(part, _WORKINGS) for part in reason.split("; "))


_WORKINGS = (
    later("{post}: {before} → {now} views"), later("and {n} more posts"), later("{n} posts are gone"),
    later("owner, upload day or clip of a post changed"), later("no longer: {decision}"),
    later("the post is removed: what was paid for it is taken back"),
    later("the post is private: what was paid for it is taken back"),
)  # fmt: skip


def _evidence_table(paid: Payouts, lines: pd.DataFrame, posts: dict[str, Piece]) -> Table:
    own = paid.evidence[
        paid.evidence["ad_id"].isin(lines["ad_id"]).to_numpy() & (paid.evidence["use"] == "end").to_numpy()
    ]
    rows = [
        [
            [posts[str(row.ad_id)]],
            [piece(day(row.cut_off, year=False))],
            [piece(NO_VALUE if pd.isna(row.date) else day(row.date, year=False))],
            [piece(full_number(row.views))],
            [piece(NO_VALUE if pd.isna(row.fetched_at) else f"{row.fetched_at:%Y-%m-%d %H:%M} UTC", tone="muted")],
        ]
        for row in own.itertuples()
    ]
    return {
        "columns": columns(
            (gettext("Post"), "left", "rest"), (gettext("Counts up to"), "left", 70),
            (gettext("Counted on"), "left", 66), (gettext("Views"), "right", 70), (gettext("Asked for"), "left", 104),
        ),
        "rows": rows,
        "note": "",
    }  # fmt: skip


def _notes(paid: Payouts, row: pd.Series) -> Iterator[str]:
    """Say what the figures rest on, and how to check them."""
    yield gettext(
        "A line is the pay to date at the end of the period less that at the end of the one before; everything is "
        "rounded once, so that all statements add up to the cent."
    )
    if pd.notna(row["as_of"]):
        asked: dt.datetime = row["as_of"].to_pydatetime()
        yield gettext(
            "Counts are the newest up to the day that is paid, asked for by {instant} UTC; no guess.",
            instant=f"{asked:%Y-%m-%d %H:%M}",
        )
    yield gettext("Days are those of the daily counts, presumably UTC; nothing is shifted.")
    if paid.against:
        yield gettext(
            "Anyone can check this from the folder of closings alone: shortimize payouts verify FOLDER computes every "
            "amount again from the counts and terms in it."
        )
