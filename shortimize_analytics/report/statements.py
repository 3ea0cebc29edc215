"""Statements of creators on paper and screen: "What you are owed, and why", a page that stands alone.

One PDF per creator, and beside it one HTML file on request; the same payouts give the same bytes.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from shortimize_analytics.analysis.money.payouts import Payouts
from shortimize_analytics.errors import ReportError, ShortimizeError
from shortimize_analytics.plots.locales import written_for
from shortimize_analytics.plots.messages import gettext, later
from shortimize_analytics.plots.theme import INK, MUTED, RULE, WARNING
from shortimize_analytics.schema import conform
from shortimize_analytics.schema.choices import PaperSize
from shortimize_analytics.schema.tables import REPORTS
from shortimize_analytics.store.files import replacing_all

from .batch import file_names
from .brand import Brand, read_brand
from .html_page import page_head, table_of
from .money_page import statement_content
from .paper import SIDE_MARGIN
from .typeset import document_fonts, template_words, typeset
from .words import Words

TEMPLATE = "statement.typ"
Edition = Literal["html"]


def write_statements(
    paid: Payouts,
    folder: str | Path,
    *,
    creator: str | None = None,
    also: Sequence[Edition] = (),
    title: str | None = None,
    config: str | Path | dict[str, Any] | None = None,
    paper: PaperSize | None = None,
    locale: str | None = None,
) -> pd.DataFrame:
    """Write one statement per creator as a tagged PDF (PDF/UA-1), and as an HTML file on request.

    Parameters
    ----------
    paid
        Result of `creator_payouts`.
    folder
        Where the files go; made where it is missing.
    creator
        Only this one; None for all who have a line or a balance.
    also
        "html" for a file beside each PDF.
    title, config, paper, locale
        As in `compose_report`.

    Returns
    -------
    DataFrame
        One row per statement (schema `REPORTS`), in order of creators.

    Raises
    ------
    InvalidParameterError
        When an option is not one of those.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> from shortimize_analytics.simulator.organisation import demo_folder, demo_organisation
    >>> demo = demo_organisation()
    >>> terms = sa.read_terms(demo_folder() / "money" / "terms.toml")
    >>> paid = sa.creator_payouts(demo.videos, demo.history, terms=terms, end="2026-10-31")
    >>> found = sa.write_statements(paid, "statements", creator="c-001")
    >>> found["path"].tolist()
    ['statements/c-001.pdf']
    """
    brand = read_brand(config, title=title, paper=paper, locale=locale, language=None)
    rows = paid.statement
    told = rows["creator"].isin(paid.lines["creator"]) | (rows["balance"] != 0) | (rows["carried_in"] != 0)
    names = rows.loc[
        told.to_numpy() if creator is None else (rows["creator"] == creator).to_numpy(), "creator"
    ].tolist()
    results = []
    with written_for(brand.locale, language=brand.language):
        for name, file in zip(names, file_names([(name, name) for name in names]), strict=True):
            path = Path(folder) / f"{file}.pdf"
            result: dict[str, Any] = {"key": name, "subject": name, "path": str(path), "exit_code": 0}
            try:
                result["headline"] = _write(paid, name, path, brand=brand, also=also)
            except ShortimizeError as error:
                result |= {"exit_code": error.exit_code, "reason": str(error)}
            results.append(result)
    return conform(pd.DataFrame(results, columns=REPORTS.names), REPORTS)


def _write(paid: Payouts, creator: str, path: Path, *, brand: Brand, also: Sequence[Edition]) -> str:
    words = Words()
    content = statement_content(paid, creator, words=words)
    owner = words.clean(brand.name or brand.title, fallback="", width=60)
    whose = {"creator": content["creator"], "period": content["period"]}
    title = gettext("Statement of {creator}, {period}", **whose)
    if owner:
        title = gettext("{owner}: statement of {creator}, {period}", owner=owner, **whose)
    content |= {
        "paper": brand.paper,
        "margin": SIDE_MARGIN,
        "lang": brand.language.partition("-")[0],
        "region": brand.language.partition("-")[2] or None,
        "fonts": document_fonts(),
        "colours": {"ink": INK, "muted": MUTED, "accent": brand.accent, "warning": WARNING, "rule": RULE},
        "document_title": title,
        "name": owner or gettext("Statement"),
        "words": template_words(TEMPLATE),
    }
    made_at = dt.datetime.combine(paid.end, dt.time(), tzinfo=dt.UTC)
    paths = [path, *(path.with_suffix(f".{kind}") for kind in also)]
    try:
        with replacing_all(paths) as scraps:
            scraps[0].write_bytes(typeset(content, {}, made_at=made_at, template=TEMPLATE))
            for scrap in scraps[1:]:
                scrap.write_text("\n".join(_page(content)) + "\n", encoding="utf-8")
    except OSError as error:
        raise ReportError(f"cannot write {error.filename2 or path}: {error.strerror or error}") from error
    return str(content["said"])


def _page(content: dict[str, Any]) -> Iterator[str]:
    """Set the same words and tables as one HTML file: no script, nothing fetched."""
    yield from page_head(content)
    yield f'<body><header><p class="small">{escape(content["name"])}</p>'
    yield f"<h1>{escape(content['title'])}</h1>"
    yield f'<p class="muted">{escape(content["creator"])}, {escape(content["period"])}</p></header><main>'
    paid = f'<dt>{escape(gettext("To be paid"))}</dt><dd class="value">{escape(content["payment"])}</dd>'
    yield f'<dl class="figures"><div>{paid}'
    yield f'<dd class="small">{escape(content["said"])}</dd></div></dl>'
    if content["provisional"]:
        yield f'<p class="warning"><strong>{escape(content["provisional"])}</strong></p>'
    added = escape(gettext("What it adds up from"))
    yield f'<h2>{added}</h2><table><thead><tr><th scope="col">{escape(gettext("Sum"))}</th>'
    yield f'<th scope="col" class="right">{escape(gettext("Amount"))}</th></tr></thead><tbody>'
    for row in content["sums"]:
        yield f'<tr><th scope="row">{escape(row["name"])}</th><td class="right">{escape(row["value"])}</td></tr>'
    yield "</tbody></table>"
    for name, key in ((later("Line by line"), "lines"), (later("The counts"), "evidence")):
        if content[key]["rows"]:
            yield f"<h2>{escape(gettext(name))}</h2>"
            yield from table_of(content[key], gettext(name))
    for name, key in ((later("To be looked at"), "exceptions"), (later("How it is made"), "notes")):
        if content[key]:
            listed = "".join(f"<li>{escape(note)}</li>" for note in content[key])
            yield f"<h2>{escape(gettext(name))}</h2><ul>{listed}</ul>"
    yield f"</main><footer>{escape(content['document_title'])}</footer></body></html>"
