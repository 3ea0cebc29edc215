"""The report as one HTML file: no script, nothing fetched, readable on a phone.

It sets the same words, tables and pictures as the PDF, from the same `content`, in the same order. What stands in a
table is drawn in CSS; other pictures are SVG in ``data:`` addresses, so that nothing in them reaches the page, and the
reader's own fonts draw their text. A content security policy in the page forbids the rest.

References
----------
W3C, "Web Content Accessibility Guidelines 2.2"; W3C, "Content Security Policy Level 3".
"""

import base64
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape as escape_xml

from shortimize_analytics.plots.locales import written_for
from shortimize_analytics.plots.messages import gettext, later
from shortimize_analytics.plots.texts import shorten

from .html_drawings import axis_head, board_drawing, cascade_head, cascade_rows, drawing, period_bars

if TYPE_CHECKING:
    from .compose import Report

_EM_PER_CELL = 0.6
"""Width of half a character cell: the reader's font is not known, so picture texts are cut with some slack."""
_FAMILY = "Inter, system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8").replace("FAMILY", _FAMILY)
FITTING = 4
"""Columns of numbers and a name that fit beside each other on a phone."""
_PICTURES = {
    "duration_effect": later("Picture: duration effect"),
    "weekday_effect": later("Picture: weekday effect"),
    "weekly_series": later("Picture: weekly series"),
}
_TONES = {"up", "down", "muted"}


def write_html(report: "Report", path: Path) -> None:
    """Write a report as one HTML file.

    Parameters
    ----------
    report
        What `compose_report` returned.
    path
        The file; written as it comes, so pass a temporary one.
    """
    with written_for(report.brand.locale, language=report.brand.language):
        path.write_text("\n".join(_page(report)) + "\n", encoding="utf-8")


def page_head(content: dict[str, Any]) -> Iterator[str]:
    """Begin a page: its language, its policy, its title and its looks."""
    language = "-".join(filter(None, (content["lang"], content["region"])))
    yield "<!doctype html>"
    yield f'<html lang="{escape(language)}">'
    yield '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield f"<title>{escape(content['document_title'])}</title>"
    colours = "".join(f"--{name}:{value};" for name, value in content["colours"].items())
    yield f"<style>:root{{{colours}}}\n{_STYLE}</style></head>"


def _page(report: "Report") -> Iterator[str]:
    content = report.content
    yield from page_head(content)
    yield "<body><header>"
    yield from _logo(report)
    yield f'<p class="small">{_piece(content["name"])}</p>'
    yield f"<h1>{escape(content['headline'])}</h1>"
    if content["page"]["deck"]:
        yield f'<p class="deck">{_sentence(content["page"]["deck"])}</p>'
    yield f'<p class="small">{escape(content["scope"])}</p></header>'
    yield "<main>"
    yield from _first_page(report)
    yield from _questions(report)
    for section in content["money"]:
        yield f"<h2>{escape(section['question'])}</h2><p>{_sentence(section['lead'])}</p>"
        yield f'<p class="small">{escape(section["reading"])}</p>'
        yield from table_of(section["table"], section["question"])
    yield from _data_page(content)
    if len(content["creators"]["rows"]) > 1:
        yield from _tables(content, ((gettext("Creators"), "creators"),))
    yield f"</main><footer>{escape(content['footer'])}</footer></body></html>"


def _logo(report: "Report") -> Iterator[str]:
    logo = report.brand.logo
    if logo is not None:
        kind = "svg+xml" if logo.suffix.lower() == ".svg" else "png"
        source = base64.b64encode(logo.read_bytes()).decode()
        name = escape(report.content["name"]["text"])
        yield f'<img src="data:image/{kind};base64,{source}" alt="{name}" height="32">'


def _first_page(report: "Report") -> Iterator[str]:
    content, page = report.content, report.content["page"]
    for sentence in page["sentences"]:
        yield f"<p>{_sentence(sentence)}</p>"
    if report.problems:
        said = escape(" ".join(report.problems))
        yield f'<p class="warning"><strong>{_said("Incomplete data:")}</strong> {said}</p>'
    yield from _figures(content["figures"])
    cascade = page["cascade"]
    if cascade is not None:
        step = f'<th scope="col">{_said("Step")}</th>'
        yield f'<h2>{escape(cascade["title"])}</h2><table class="cascade"><thead><tr>{step}'
        yield f'<th scope="col">{cascade_head(cascade)}</th>'
        yield f'<th scope="col" class="right">{_said("Views")}</th></tr></thead><tbody>'
        yield from cascade_rows(cascade)
        yield "</tbody></table>"
    elif "weekly_series" in content["charts"]:
        yield f"<h2>{_said('Views gained per {unit}', unit=content['unit'])}</h2>"
        yield from _chart(report, "weekly_series")
    yield from _do_next(page)
    yield from _board(page["board"])
    for one in page["terms"]:
        yield f'<p class="small"><strong>{escape(one["name"])}</strong>: {escape(one["means"])}</p>'
    for note in content["notes"]:
        yield f'<p class="small">{escape(note)}</p>'


def _figures(figures: list[dict[str, Any]]) -> Iterator[str]:
    yield '<dl class="figures">'
    for figure in figures:
        value = f'<span class="value">{escape(figure["value"])}</span>'
        change = f' <span class="{_tone(figure["tone"])}">{escape(figure["change"])}</span>' if figure["change"] else ""
        yield f"<div><dt>{escape(figure['name'])}</dt><dd>{value}{change}{period_bars(figure)}</dd>"
        if figure["target"] is not None:
            met = {None: gettext("not known"), True: gettext("met"), False: gettext("missed")}[figure["met"]]
            verdict = f'<strong class="{"down" if figure["met"] is False else ""}">{met}</strong>'
            target = gettext("target {target}", target=figure["target_text"])
            yield f'<dd class="small">{escape(target)}, {verdict}</dd>'
        usual = figure["note"]
        if figure["usual"] is not None:
            usual = gettext("usual {usual}", usual=figure["usual_text"])
        yield f'<dd class="small">{escape(usual)}</dd></div>'
    yield "</dl>"


def _do_next(page: dict[str, Any]) -> Iterator[str]:
    if page["actions"] or page["leave"]:
        yield f"<h2>{_said('Do next')}</h2>"
    if page["actions"]:
        yield "<ol>"
        for action in page["actions"]:
            yield f"<li><strong>{_sentence(action['do'])}</strong><br>"
            yield f'<span class="muted">{escape(action["why"])}</span></li>'
        yield "</ol>"
    if page["leave"]:
        yield f'<p class="muted">{escape(page["leave"])}</p>'


def _board(board: dict[str, Any] | None) -> Iterator[str]:
    if board is not None:
        yield f"<h2>{_said('Did the forecast hold?')}</h2><p>{_sentence(board['words'])}</p>"
        notes = [board["note"]]
        if len(board["videos"]) > 1:
            yield board_drawing(board)
            notes = [board["reading"], *notes]
        if any(notes):
            yield f'<p class="small">{escape(" ".join(filter(None, notes)))}</p>'


def _questions(report: "Report") -> Iterator[str]:
    content = report.content
    lead, reading = content["lead"], content["readings"]
    earned = gettext("Which videos earned it, and which beat their account?")
    yield from _answer(earned, lead["earned"], lead["beat"])
    yield from _table_or(content["videos"], earned, nothing=content["no_gain"], pictures=report.pictures)
    above = gettext(
        "Also above {hit} times their account’s usual, with their place among all that gained", hit=content["hit"]
    )
    if content["also"]["rows"]:
        yield f"<h3>{escape(above)}</h3>"
        yield from table_of(content["also"], above, pictures=report.pictures)
    several = ((gettext("By platform"), "platforms"), (gettext("By account"), "accounts"))
    yield from _tables(content, tuple(pair for pair in several if len(content[pair[1]]["rows"]) > 1))
    more = gettext("What should we make more of, or less?")
    yield from _answer(more, lead["more"])
    if content["labels"]["rows"]:
        yield f'<p class="small">{escape(reading["more"])}</p>'
    yield from _table_or(content["labels"], more, nothing=gettext("No label has enough videos to compare."))
    for name, chart in (
        (gettext("Length of the video"), "duration_effect"),
        (gettext("Weekday of upload"), "weekday_effect"),
    ):
        if chart in content["charts"]:
            yield f"<h3>{escape(name)}</h3>"
            yield from _chart(report, chart)
    comes = gettext("What comes next?")
    yield from _answer(comes, lead["next"])
    if content["forecasts"]["rows"]:
        yield f'<p class="small">{escape(reading["ranges"])}</p>'
    nothing = "" if lead["next"] else gettext("No upload of the {unit} can be forecast.", unit=content["unit"])
    yield from _table_or(content["forecasts"], comes, nothing=nothing)
    yield from _tables(
        content,
        (
            (gettext("Old videos that gained speed again"), "revived"),
            (gettext("Videos that nearly stopped"), "stalled"),
        ),
    )


def _answer(question: str, *answers: list[dict[str, Any]]) -> Iterator[str]:
    """Set a question and what the data answer."""
    yield f"<h2>{escape(question)}</h2>"
    said = " ".join(_sentence(answer) for answer in answers if answer)
    if said:
        yield f"<p>{said}</p>"


def _table_or(
    table: dict[str, Any], name: str, *, nothing: str, pictures: Mapping[str, bytes] | None = None
) -> Iterator[str]:
    if table["rows"] or table["note"]:
        yield from table_of(table, name, pictures=pictures)
    elif nothing:
        yield f'<p class="muted">{escape(nothing)}</p>'


def _data_page(content: dict[str, Any]) -> Iterator[str]:
    yield f"<h2>{_said('Where the numbers stop')}</h2>"
    if content["edition"] == "client":
        yield f"<p>{escape(content['rest'])}</p>"
        return
    named = (gettext("About the data"), gettext("In this report"))
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in named)
    yield f"<table><thead><tr>{heads}</tr></thead><tbody>"
    for row in content["quality"]["rows"]:
        yield f'<tr><th scope="row">{escape(row["name"])}</th><td>{escape(row["value"])}</td></tr>'
    yield "</tbody></table>"
    yield from table_of(content["checks"], gettext("Checks"))
    if content["quality"]["notes"]:
        yield "<ul>" + "".join(f"<li>{escape(note)}</li>" for note in content["quality"]["notes"]) + "</ul>"
    yield f'<p class="small">{_said("How the figures are made stands in the PDF of the same name.")}</p>'


def _tables(content: dict[str, Any], named: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, key in named:
        if content[key]["rows"]:
            yield f"<h3>{escape(name)}</h3>"
            yield from table_of(content[key], name)


def table_of(table: dict[str, Any], name: str, *, pictures: Mapping[str, bytes] | None = None) -> Iterator[str]:
    """Set a table in a box of its own; `pictures` are those of its tiles.

    On a narrow screen one of many columns stands row by row, each number under its column's name. Tables say their
    roles, since browsers forget those of one that is shown as something else.
    """
    if table["rows"]:
        columns = table["columns"]
        # a place in a ranking, and an app, do not name a row
        names = next((at for at, column in enumerate(columns) if column["width"] == "rest"), 0)
        looks = ' class="stacked"' if _stacked(columns, table["rows"][0]) else ""
        yield f'<div class="wide" role="region" tabindex="0" aria-label="{escape(name)}"><table role="table"{looks}>'
        yield '<thead role="rowgroup"><tr role="row">'
        yield from (_head(column, cell) for column, cell in zip(columns, table["rows"][0], strict=True))
        yield '</tr></thead><tbody role="rowgroup">'
        for row in table["rows"]:
            cells = (
                _cell(cell, column, head=at == names, pictures=pictures or {})
                for at, (cell, column) in enumerate(zip(row, columns, strict=True))
            )
            yield f'<tr role="row">{"".join(cells)}</tr>'
        yield "</tbody></table></div>"
    if table["note"]:
        yield f'<p class="small">{escape(table["note"])}</p>'


def _stacked(columns: list[dict[str, Any]], row: list[list[dict[str, Any]]]) -> bool:
    """Say whether a table is too wide for a phone."""
    kinds = {cell[0].get("draw", {}).get("kind") for cell in row}
    return "tile" not in kinds and ("range" in kinds or len(columns) > FITTING)


def _head(column: dict[str, Any], below: list[dict[str, Any]]) -> str:
    axis = column.get("axis")
    drawn = "" if axis is None else axis_head(axis)
    looks = _class(column, below)
    return f'<th scope="col" role="columnheader" class="{looks}">{escape(column["name"])}{drawn}</th>'


def _cell(cell: list[dict[str, Any]], column: dict[str, Any], *, head: bool, pictures: Mapping[str, bytes]) -> str:
    draw = cell[0].get("draw")
    lines = "<br>".join(_piece(line) for line in cell)
    if head:
        return f'<th scope="row" role="rowheader">{lines}</th>'
    looks = _class(column, cell)
    if draw is not None and draw["kind"] == "tile":
        lines = f'<span class="tile" style="background:{escape(draw["colour"])}">{lines}</span>'
        if draw["file"]:
            source = base64.b64encode(pictures[draw["file"]]).decode()
            lines = f'<img class="tile" src="data:image/jpeg;base64,{source}" alt="{escape(draw["alt"])}">'
    elif draw is not None:
        looks = f"drawn {looks}"
        lines = f"{drawing(draw, column.get('axis'))}<span>{lines}</span>"
    return f'<td role="cell" class="{looks}" data-name="{escape(column["name"])}">{lines}</td>'


def _class(column: dict[str, Any], cell: list[dict[str, Any]]) -> str:
    """Name a cell's side, and what it draws: a narrow screen leaves out what only repeats a number."""
    side = "right" if column["align"] == "right" else "left"
    if (column.get("axis") or {}).get("plain"):
        return f"{side} plain-cell"
    kind = cell[0].get("draw", {}).get("kind")
    return side if kind is None else f"{side} {kind}-cell"


def _said(text: str, **values: Any) -> str:
    return escape(gettext(text, **values))


def _sentence(pieces: list[dict[str, Any]]) -> str:
    return "".join(_piece(piece) for piece in pieces)


def _piece(piece: dict[str, Any]) -> str:
    said = escape(piece["text"])
    if piece["link"]:
        said = f'<a href="{escape(piece["link"])}" rel="noopener noreferrer">{said}</a>'
    if piece["strong"]:
        said = f"<strong>{said}</strong>"
    if piece["tone"] in _TONES:
        said = f'<span class="{piece["tone"]}">{said}</span>'
    return f'<bdi dir="rtl">{said}</bdi>' if piece["rtl"] else said


def _tone(tone: str) -> str:
    return tone if tone in _TONES else "muted"


def _chart(report: "Report", name: str) -> Iterator[str]:
    chart = report.content["charts"][name]
    source = base64.b64encode(_svg_with_texts(chart, report.pictures[chart["file"]])).decode()
    width = round(chart["width"] * 4 / 3)  # points to CSS pixels
    yield f'<figure class="wide" role="region" tabindex="0" aria-label="{_said(_PICTURES[name])}">'
    yield f'<img src="data:image/svg+xml;base64,{source}" alt="{escape(chart["alt"])}" width="{width}"></figure>'


def _svg_with_texts(chart: dict[str, Any], svg: bytes) -> bytes:
    """Put a picture's texts back into it, in the reader's font."""
    texts = "".join(_svg_text(text, width=chart["width"]) for text in chart["texts"])
    head, end, tail = svg.decode("utf-8").rpartition("</svg>")
    return f'{head}<g font-family="{escape(_FAMILY)}">{texts}</g>{end}{tail}'.encode()


def _svg_text(text: dict[str, Any], *, width: float) -> str:
    before, after = text["x"], width - text["x"]
    room = min(text["room"], {"end": before, "start": after}.get(text["anchor"], 2 * min(before, after)))
    words = escape_xml(shorten(text["text"], max(1, int(room / (_EM_PER_CELL * text["size"])))))
    # an anchor is where the text starts, and a right-to-left one starts at its right
    turned = {"start": "end", "end": "start"}.get(text["anchor"], "middle") if text["rtl"] else text["anchor"]
    return (
        f'<text x="{text["x"]}" y="{text["y"]}" font-size="{text["size"]}" font-weight="{text["weight"]}" '
        f'fill="{escape(text["fill"])}" text-anchor="{turned}" direction="{"rtl" if text["rtl"] else "ltr"}">'
        f"{words}</text>"
    )
