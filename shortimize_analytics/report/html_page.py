"""The report as one HTML file: no script, nothing fetched, readable on a phone.

It sets the same words, tables and pictures as the PDF, from the same `content`. Pictures are SVG in ``data:``
addresses, so that nothing in them reaches the page; the reader's own fonts draw their text. A content security policy
in the page forbids the rest.

References
----------
W3C, "Web Content Accessibility Guidelines 2.2"; W3C, "Content Security Policy Level 3".
"""

import base64
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape as escape_xml

from shortimize_analytics.plots.locales import written_for
from shortimize_analytics.plots.theme import INK, MUTED, RULE, WARNING, full_number, shorten

from .words import piece

if TYPE_CHECKING:
    from .compose import Report

_EM_PER_CELL = 0.6
"""Width of half a character cell: the reader's font is not known, so picture texts are cut with some slack."""
_FAMILY = "Inter, system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STYLE = f"""
* {{ box-sizing: border-box }}
body {{ margin: 0 auto; padding: 1rem; max-width: 46rem; color: {INK}; background: #fff; font: 1rem/1.5 {_FAMILY};
  overflow-wrap: anywhere; -webkit-text-size-adjust: 100% }}
h1 {{ font-size: 1.75rem; line-height: 1.2; margin: .4rem 0 }}
h2 {{ font-size: 1.2rem; margin: 2.2rem 0 .5rem }}
h3 {{ font-size: 1rem; margin: 1.5rem 0 .3rem }}
p {{ margin: .5rem 0 }}
.small, .muted, footer {{ color: {MUTED} }}
.small, footer {{ font-size: .875rem }}
.warning {{ border-left: 3px solid {WARNING}; padding: .1rem .75rem }}
.down {{ color: {WARNING} }}
.up, a {{ color: VAR_ACCENT }}
dl.figures {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1rem 0 }}
dl.figures > div {{ border-left: 2px solid {RULE}; padding-left: .6rem }}
dl.figures dt {{ color: {MUTED}; font-size: .875rem }}
dl.figures dd {{ margin: 0 }}
dl.figures .value {{ font-size: 1.5rem; font-weight: 700 }}
.wide {{ overflow-x: auto; margin: .75rem 0 }}
figure img {{ display: block; height: auto }}
table {{ border-collapse: collapse; width: 100%; font-size: .875rem; overflow-wrap: normal;
  border-top: 2px solid {INK}; border-bottom: 2px solid {INK}; font-variant-numeric: tabular-nums }}
th, td {{ padding: .35rem .5rem; text-align: left; font-weight: 400; vertical-align: top }}
th:first-child {{ padding-left: 0; min-width: 10rem; overflow-wrap: anywhere }}
thead th {{ color: {MUTED}; border-bottom: 1px solid {RULE}; vertical-align: bottom }}
.right {{ text-align: right; white-space: nowrap }}
ul {{ padding-left: 1.2rem }}
li {{ margin: .35rem 0 }}
@media (max-width: 45rem) {{ figure img {{ width: 32rem; max-width: none }} }}
footer {{ border-top: 1px solid {RULE}; margin-top: 2.5rem; padding-top: .5rem }}
"""
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
    path.write_text("\n".join(_page(report)) + "\n", encoding="utf-8")


def page_head(content: dict[str, Any]) -> Iterator[str]:
    """Begin a page: its language, its policy, its title and its looks."""
    language = "-".join(filter(None, (content["lang"], content["region"])))
    yield "<!doctype html>"
    yield f'<html lang="{escape(language)}">'
    yield '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield f"<title>{escape(content['document_title'])}</title>"
    yield f"<style>{_STYLE.replace('VAR_ACCENT', content['colours']['accent'])}</style></head>"


def _page(report: "Report") -> Iterator[str]:
    content = report.content
    yield from page_head(content)
    yield "<body><header>"
    yield from _logo(report)
    yield f'<p class="small">{_piece(content["name"])}</p>'
    yield f"<h1>{escape(content['headline'])}</h1>"
    yield f'<p class="muted">{escape(content["scope"])}</p></header>'
    yield "<main>"
    yield from _first_page(content, report.problems)
    yield from _questions(report)
    for section in content["money"]:
        yield f"<h2>{escape(section['question'])}</h2><p>{_sentence(section['lead'])}</p>"
        yield f'<p class="small">{escape(section["reading"])}</p>'
        yield from table_of(section["table"], section["question"])
    yield from _data_page(content)
    yield from _tables(content, (("Creators", "creators"), (f"Videos uploaded in the {content['unit']}", "uploads")))
    yield f"</main><footer>{escape(content['footer'])}</footer></body></html>"


def _logo(report: "Report") -> Iterator[str]:
    logo = report.brand.logo
    if logo is not None:
        kind = "svg+xml" if logo.suffix.lower() == ".svg" else "png"
        source = base64.b64encode(logo.read_bytes()).decode()
        name = escape(report.content["name"]["text"])
        yield f'<img src="data:image/{kind};base64,{source}" alt="{name}" height="32">'


def _first_page(content: dict[str, Any], problems: tuple[str, ...]) -> Iterator[str]:
    yield '<dl class="figures">'
    for figure in content["figures"]:
        value = f'<span class="value">{escape(figure["value"])}</span>'
        change = f' <span class="{_tone(figure["tone"])}">{escape(figure["change"])}</span>' if figure["change"] else ""
        yield f"<div><dt>{escape(figure['name'])}</dt><dd>{value}{change}</dd>"
        yield f'<dd class="small">{escape(figure["note"])}</dd></div>'
    yield "</dl>"
    if problems:
        said = escape(" ".join(problems))
        yield f'<p class="warning"><strong>Incomplete data:</strong> {said}</p>'
    for note in content["notes"]:
        yield f'<p class="small">{escape(note)}</p>'
    yield "<h2>What happened</h2><ul>"
    for sentence in content["findings"]:
        yield f"<li>{_sentence(sentence)}</li>"
    yield "</ul>"


def _questions(report: "Report") -> Iterator[str]:
    content = report.content
    yield "<h2>Did we grow, and from what?</h2>"
    if any("nothing" not in content["charts"][name] for name in ("waterfall", "weekly_series")):
        yield f'<p class="small">{escape(content["readings"]["grew"])}</p>'
    yield from _charts(report, "waterfall", "weekly_series")
    yield from table_of(_steps(report), "Growth in steps")
    for question, answer, table in (
        ("Which videos earned it?", "earned", "movers"),
        ("Which videos truly beat their own account?", "beat", "outliers"),
        ("What should we make more of, or less?", "more", "labels"),
    ):
        yield from _answer(content, question, answer=answer, picture=table)
        yield from _charts(report, table)
        yield from table_of(content[table], question)
        if table == "movers":
            platforms = (("By platform", "platforms"),) if len(content["platforms"]["rows"]) > 1 else ()
            yield from _tables(content, (*platforms, ("By account", "accounts")))
    for name, chart in (("Length of the video", "duration_effect"), ("Weekday of upload", "weekday_effect")):
        yield f"<h3>{name}</h3>"
        yield from _charts(report, chart)
    yield from _answer(content, "What comes next?", answer="next", picture="forecast")
    yield from _charts(report, "forecast")
    if content["forecasts"]["rows"]:
        yield f'<p class="small">{escape(content["readings"]["ranges"])}</p>'
    yield from table_of(content["forecasts"], "Forecasts")
    yield from _tables(
        content, (("Old videos that gained speed again", "revived"), ("Videos that nearly stopped", "stalled"))
    )


def _answer(content: dict[str, Any], question: str, *, answer: str, picture: str) -> Iterator[str]:
    """Set a question, what the data answer, and how to read the picture that follows."""
    yield f"<h2>{question}</h2>"
    if content["lead"][answer]:
        yield f"<p>{_sentence(content['lead'][answer])}</p>"
    if "nothing" in content["charts"][picture]:
        return
    yield f'<p class="small">{escape(content["readings"][answer])}</p>'


def _steps(report: "Report") -> dict[str, Any]:
    """Set the waterfall as a table, too: on a phone its picture has to be moved sideways."""
    steps = report.summary.waterfall.dropna()
    with written_for(report.brand.locale):
        rows = [
            [[piece(str(step))], [piece(full_number(views, signed=0 < at < len(steps) - 1))]]
            for at, (step, views) in enumerate(zip(steps["step"], steps["views"], strict=True))
        ]
    columns = [{"name": "Step", "align": "left"}, {"name": "Views", "align": "right"}]
    return {"columns": columns, "rows": rows, "note": ""}


def _data_page(content: dict[str, Any]) -> Iterator[str]:
    yield "<h2>Where the numbers stop</h2>"
    if content["edition"] == "client":
        yield f"<p>{escape(' '.join([*content['notes'], content['rest']]))}</p>"
        return
    yield '<table><thead><tr><th scope="col">About the data</th><th scope="col">In this report</th></tr></thead><tbody>'
    for row in content["quality"]["rows"]:
        yield f'<tr><th scope="row">{escape(row["name"])}</th><td>{escape(row["value"])}</td></tr>'
    yield "</tbody></table>"
    yield from table_of(content["checks"], "Checks")
    if content["quality"]["notes"]:
        yield "<ul>" + "".join(f"<li>{escape(note)}</li>" for note in content["quality"]["notes"]) + "</ul>"
    yield '<p class="small">How the figures are made stands in the PDF of the same name.</p>'


def _tables(content: dict[str, Any], named: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, key in named:
        if content[key]["rows"]:
            yield f"<h3>{escape(name)}</h3>"
            yield from table_of(content[key], name)


def table_of(table: dict[str, Any], name: str) -> Iterator[str]:
    """Set a table in a box of its own, which scrolls where the screen is narrow."""
    if table["rows"]:
        sides = ["right" if column["align"] == "right" else "left" for column in table["columns"]]
        yield f'<div class="wide" role="region" tabindex="0" aria-label="{escape(name)}"><table><thead><tr>'
        for column, side in zip(table["columns"], sides, strict=True):
            yield f'<th scope="col" class="{side}">{escape(column["name"])}</th>'
        yield "</tr></thead><tbody>"
        for row in table["rows"]:
            cells = (_cell(cell, side, at=at) for at, (cell, side) in enumerate(zip(row, sides, strict=True)))
            yield f"<tr>{''.join(cells)}</tr>"
        yield "</tbody></table></div>"
    if table["note"]:
        yield f'<p class="small">{escape(table["note"])}</p>'


def _cell(cell: list[dict[str, Any]], side: str, *, at: int) -> str:
    lines = "<br>".join(_piece(line) for line in cell)
    return f'<th scope="row">{lines}</th>' if at == 0 else f'<td class="{side}">{lines}</td>'


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


def _charts(report: "Report", *names: str) -> Iterator[str]:
    for name in names:
        chart = report.content["charts"][name]
        if "nothing" in chart:
            yield f'<p class="small">{escape(chart["nothing"])}</p>'
            continue
        source = base64.b64encode(_svg_with_texts(chart, report.pictures[chart["file"]])).decode()
        width = round(chart["width"] * 4 / 3)  # points to CSS pixels
        yield f'<figure class="wide" role="region" tabindex="0" aria-label="Picture: {escape(name.replace("_", " "))}">'
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
