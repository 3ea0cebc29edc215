"""Reports to look into: an organisation of any oddity, hand-made summaries, and what a PDF holds."""

import datetime as dt
import re
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pypdf
import pypdfium2

from shortimize_analytics import compose_report, schema, write_report
from shortimize_analytics.analysis.periods.summary import PeriodSummary
from shortimize_analytics.report.findings import openings
from shortimize_analytics.report.page_one import page_one
from shortimize_analytics.report.typeset import TEMPLATE, _run
from shortimize_analytics.report.words import Words, naming
from shortimize_analytics.schema import HISTORY, VIDEOS, cast

END = pd.Timestamp("2026-03-15")
NO_HISTORY = pd.DataFrame({"ad_id": [], "date": pd.to_datetime([]), "views_raw": []})
SCRIPTS = [
    "Ελληνικά βίντεο",
    "Привет мир",
    "هذا الفيديو غريب",
    "שלום עולם",
    "नमस्ते दुनिया",
    "สวัสดีชาวโลก",
    "これを見て",
    "你好世界",
    "안녕하세요",
    "naïve café 🔥👩‍👩‍👧‍👦🇫🇷",
]
HOSTILE = [
    '#read("/etc/passwd")',
    "= heading\n*bold* _it_ $x^2$ \\ <b> // c /* d */ `raw`",
    "x" * 10_000,
    "W" * 3000,
    "\u202eevil\u202c \ufeff",
    "\u0301",
    "",
    'هذا "الفيديو" (2026) 12:30',
    "👩‍👩‍👧‍👦" * 50,
    "ខ្មែរ",
    "#set page(width: 1pt)",
    "l̵̡̛̀̀̀ơ̵̡" * 9,
    "a\x00\x08b",
]
LINKS = ["javascript:alert(1)", "", "https://ok.example/v?a=1&b=%20#x", "http://", "ftp://x/y", "file:///etc/passwd",
         "https://exa mple.com", "data:text/html,x", "https://ok.example/" + "p" * 5000]  # fmt: skip
NO_NUMBER = re.compile(r"\b(nan|NaN|None(?! of the)|NaT|inf|<NA>)\b|\{|\}")


def organisation(
    n=60, accounts=5, *, titles=("clip",), links=None, labels=("Hooks", "Skits", None), views=None, seed=0
):
    """Videos of 75 days that grow and level off, with their whole history, as the loaders would give them."""
    random = np.random.default_rng(seed)
    videos, history = [], []
    for i in range(n):
        uploaded = END - pd.Timedelta(days=int(random.integers(0, 75)))
        days = np.arange((END - uploaded).days + 2)
        level = np.exp(random.normal(8, 1))
        gains = level * np.exp(-days / 4) / 4 * random.lognormal(0, 0.4, len(days))
        counts = np.cumsum(gains).astype(int) if views is None else views(days)
        label = labels[i % len(labels)] if labels else None
        videos.append(
            {
                "ad_id": f"{i:04d}",
                "username": f"user{i % accounts}",
                "platform": ("tiktok", "youtube")[i % accounts % 2],
                "linked_account_id": f"a{i % accounts}",
                "ad_link": links[i % len(links)] if links else f"https://www.tiktok.com/@u/video/{7 * 10**18 + i}",
                "uploaded_at": str(uploaded.date()),
                "video_length": 15,
                "title": titles[i % len(titles)] if len(titles) > 1 else f"{titles[0]} {i}",
                "removed": False,
                "private": False,
                "latest_views": int(counts[-1]),
                "latest_likes": int(counts[-1]) // 20,
                "latest_comments": 1,
                "latest_updated_at": "2026-03-16T06:00:00Z",
                "label_ids": [label] if label else [],
                "label_names": [label] if label else [],
            }
        )
        history += [
            {"ad_id": f"{i:04d}", "date": str((uploaded + pd.Timedelta(days=int(day))).date()), "views": int(count),
             "likes": int(count) // 20, "comments": 1}
            for day, count in zip(days, counts, strict=True)
        ]  # fmt: skip
    return cast(videos, VIDEOS)[0], cast(history, HISTORY)[0]


def build(folder, frames, **options):
    videos, history = frames
    end = {} if {"end", "start"} & set(options) else {"end": "2026-03-15"}
    report = compose_report(videos, history, **(end | {"allow_partial": True} | options))
    return pypdf.PdfReader(write_report(report, folder / "report.pdf")[0])


def first_page_of(path):
    return pypdf.PdfReader(path).pages[0].extract_text()


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


def pages_of(report, *, ppi):
    """Draw the pages of a report as `write_report` sets them: PNG files."""
    pages = _run(report.content, report.pictures, logo=report.brand.logo, template=TEMPLATE, format="png", ppi=ppi)
    return pages if isinstance(pages, list) else [pages]


def text_of(pdf):
    return "\n".join(page.extract_text() for page in pdf.pages)


ISOLATES = str.maketrans(dict.fromkeys("\u2068\u2069"))


def pdfium_text(path):
    """What another reader than pypdf finds: it knows the words that stand for shaped glyphs, and reads as one sees."""
    with pypdfium2.PdfDocument(path) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def plain(text):
    """A text without blanks and direction marks, its letters in their plain form."""
    kept = unicodedata.normalize("NFKC", text)
    return "".join(char for char in kept if not char.isspace() and unicodedata.category(char) != "Cf")


def actual_texts(pdf):
    """What the marks in the page say that shaped glyphs stand for; pypdf's own extraction does not read them."""
    found = []
    for page in pdf.pages:
        for operands, operator in page.get_contents().operations:
            if operator == b"BDC" and isinstance(operands[1], dict) and "/ActualText" in operands[1]:
                found.append(str(operands[1]["/ActualText"]))
    return "\n".join(found)


def structure(pdf):
    """Every element of the tag tree, as (type, alt text)."""
    found, todo = [], [pdf.trailer["/Root"]["/StructTreeRoot"]]
    while todo:
        node = todo.pop().get_object()
        if not isinstance(node, pypdf.generic.DictionaryObject):
            continue
        found.append((node.get("/S"), node.get("/Alt")))
        kids = node.get("/K", pypdf.generic.ArrayObject()).get_object()
        todo += kids if isinstance(kids, list) else [kids]
    return found


def links_of(pdf):
    actions = [note.get_object().get("/A") for page in pdf.pages for note in page.get("/Annots", [])]
    return [str(action.get_object()["/URI"]) for action in actions if action is not None]


def font_names(pdf):
    fonts_ = [font.get_object() for page in pdf.pages for font in page["/Resources"].get("/Font", {}).values()]
    return {str(font.get("/BaseFont", font["/Subtype"])).rpartition("+")[2] for font in fonts_}


def positions(page):
    """Where each run of text starts (points from the lower left corner)."""
    found = []

    def note(words, cm, tm, *_):
        if words.strip():
            found.append(tuple(pypdf.mult(tm, cm)[4:]))

    page.extract_text(visitor_text=note)
    return found


def text_sizes(page):
    """How large each run of text is set (points)."""
    found = []

    def note(words, cm, tm, _font, size):
        if words.strip():
            a, b, c, d, *_ = pypdf.mult(tm, cm)
            found.append(round(size * abs(a * d - b * c) ** 0.5, 2))

    page.extract_text(visitor_text=note)
    return found


def rows(table, *records):
    made = pd.DataFrame(list(records))
    return schema.conform(made.reindex(columns=table.names).astype("object"), table)


def total(gained=1000, **more):
    record = {"scope": "all", "key": "all", "name": "all", "views_gained": gained, "new_views": 600, "back_views": 400,
              "corrections": 0, "n_uploads": 5, "vs_prev": 0.25, "vs_median8": 0.1, "top10_share": 0.5,
              "er_view": 0.05}  # fmt: skip
    return rows(schema.WEEKLY_TOTALS, record | more)


def outlier(**more):
    record = {"ad_id": "v1", "username": "ann", "platform": "tiktok", "mult": 12.0, "mult_lo": 8.0, "mult_hi": 18.0,
              "n_peers": 40, "reliable": True, "age_days": 5}  # fmt: skip
    return rows(schema.OUTLIERS, record | more)


def label(**more):
    record = {"label_id": "l1", "label": "Hooks v2", "n_videos": 31, "n_accounts": 9, "n_accounts_overlap": 9,
              "ratio": 1.4, "ratio_lo": 1.1, "ratio_hi": 1.8, "q": 0.01, "verdict": "higher",
              "method": "within 9 accounts"}  # fmt: skip
    return rows(schema.LABEL_COMPARISON, record | more)


def effects_frame(*verdicts, names=("10-15 s", "15-20 s", "20-25 s")):
    record = {"n_videos": 40, "n_accounts": 8, "ratio": 1.5, "ratio_lo": 1.2, "ratio_hi": 1.9, "q": 0.01}
    return rows(schema.GROUP_COMPARISON, *(record | {"label": name, "verdict": verdict}
                                           for name, verdict in zip(names, verdicts, strict=False)))  # fmt: skip


def mover(ad_id, *, gain, share, **more):
    return {"ad_id": ad_id, "title": f"title {ad_id}", "username": "ann", "gain": gain, "share": share,
            "ad_link": "https://ok.example/v"} | more  # fmt: skip


def weeks(*gained, partial=()):
    return rows(
        schema.WEEKLY_SERIES,
        *(
            {"start": END - pd.Timedelta(days=7 * (len(gained) - i) - 1), "views_gained": value, "new_views": value,
             "end": END - pd.Timedelta(days=7 * (len(gained) - 1 - i)), "back_views": 0, "corrections": 0,
             "n_uploads": 5, "er_view": 0.05, "partial": i in partial}
            for i, value in enumerate(gained)
        ),
    )  # fmt: skip


def summary(**more):
    steps = [
        "Last week",
        "New uploads: number",
        "New uploads: views each",
        "Back catalogue",
        "Corrections",
        "This week",
    ]
    parts = {
        "first_day": dt.date(2026, 3, 9),
        "last_day": dt.date(2026, 3, 15),
        "partial": False,
        "totals": total(),
        "previous": total(800, n_uploads=4),
        "series": weeks(700, 800, 900, 800, 1000),
        "movers": rows(schema.WEEKLY_MOVERS, mover("v1", gain=300, share=0.3), mover("v2", gain=100, share=0.1)),
        "outliers": outlier(),
        "revived": schema.empty(schema.WEEKLY_MOVERS),
        "labels": label(),
        "durations": schema.empty(schema.GROUP_COMPARISON),
        "weekdays": schema.empty(schema.GROUP_COMPARISON),
        "forecasts": schema.empty(schema.WEEKLY_FORECASTS),
        "stalled": schema.empty(schema.WEEKLY_STALLED),
        "waterfall": pd.DataFrame({"step": steps, "views": pd.array([800, 150, 60, -10, 0, 1000], dtype="Int64")}),
        "quality": {"n_masked": 0, "pct_gain_interpolated": 0.02},
    }
    return PeriodSummary(**(parts | more))


def names(**more):
    return naming("week", **more)


def answers(found):
    """The sentence that opens each question behind page 1, as plain text."""
    opened = openings(found, Words(), names=names())
    return {name: text_in(sentence) for name, sentence in opened.items() if sentence}


def front(found, **more):
    """Page 1 below its headline."""
    return page_one(found, Words(), names=names(), **({"history": NO_HISTORY, "kept": None} | more))


def said(found):
    """The sentences of page 1, as plain text: how usual it is comes first."""
    page = front(found)
    return [text_in(sentence) for sentence in (page["deck"], *page["sentences"]) if sentence]


def next_steps(found):
    """What to do next, as plain text: each action with its evidence, then what showed nothing."""
    page = front(found)
    return [f"{text_in(action['do'])} {action['why']}" for action in page["actions"]] + [page["leave"]]


def text_in(sentence):
    return "".join(part["text"] for part in sentence)
