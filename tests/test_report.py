"""The weekly report: real Typst, then the PDF itself, and the sentences against the numbers they rest on."""

import datetime as dt
import re
import unicodedata
from dataclasses import replace
from urllib.parse import urlsplit

import numpy as np
import outloud
import pandas as pd
import pypdf
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shortimize_analytics import fonts, schema, weekly_report
from shortimize_analytics.errors import InvalidParameterError, ReportError
from shortimize_analytics.plots import plot_outliers
from shortimize_analytics.report import charts
from shortimize_analytics.report.findings import MAX_SENTENCES, findings, headline
from shortimize_analytics.report.typeset import typeset
from shortimize_analytics.report.words import Words, web_link
from shortimize_analytics.schema import HISTORY, VIDEOS, cast
from shortimize_analytics.simulator import demo_organisation
from shortimize_analytics.weekly import WeeklySummary

END = pd.Timestamp("2026-03-15")
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
    path = weekly_report(videos, history, path=folder / "report.pdf", **({"week_end": "2026-03-15"} | options))
    return pypdf.PdfReader(path)


def text_of(pdf):
    return "\n".join(page.extract_text() for page in pdf.pages)


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


@pytest.fixture(scope="module")
def demo():
    found = demo_organisation()
    videos = found.videos.copy()
    videos.attrs |= {"source": "Demo organisation", "as_of": found.as_of.isoformat()}
    return videos, found.history


@pytest.fixture(scope="module")
def demo_pdf(demo, tmp_path_factory):
    return weekly_report(*demo, path=tmp_path_factory.mktemp("demo") / "report.pdf")


def test_the_demo_report_passes_an_independent_pdf_ua_checker_without_a_finding(demo_pdf):
    result = outloud.check(str(demo_pdf))
    assert (result.errors, result.warnings) == (0, 0)


def test_the_demo_report_is_tagged_titled_in_english_and_bookmarked(demo_pdf):
    pdf = pypdf.PdfReader(demo_pdf)
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "views" in pdf.metadata.title
    assert "pdfuaid" in pdf.xmp_metadata.stream.get_data().decode()
    bookmarks = [entry.title for part in pdf.outline for entry in (part if isinstance(part, list) else [part])
                 if not isinstance(entry, list)]  # fmt: skip
    assert {"What happened", "Where the numbers stop"} <= set(bookmarks)


def test_the_demo_report_is_five_pages_and_under_a_megabyte(demo_pdf):
    assert len(pypdf.PdfReader(demo_pdf).pages) == 5
    assert demo_pdf.stat().st_size < 1_000_000


def test_every_picture_says_what_it_shows_and_every_table_has_headers(demo_pdf):
    elements = structure(pypdf.PdfReader(demo_pdf))
    alts = [alt for kind, alt in elements if kind == "/Figure"]
    assert len(alts) == 6
    assert all(alt and any(char.isdigit() for char in alt) for alt in alts)
    kinds = [kind for kind, _ in elements]
    assert kinds.count("/Table") == kinds.count("/THead") >= 5
    assert (kinds.count("/H1"), kinds.count("/H2")) == (1, 7)


def test_the_demo_report_links_to_its_videos_and_nowhere_else(demo, demo_pdf):
    links = links_of(pypdf.PdfReader(demo_pdf))
    assert len(links) > 10
    assert set(links) <= set(demo[0]["ad_link"].dropna())


def test_the_same_data_give_the_same_bytes(demo, demo_pdf, tmp_path):
    videos, history = demo
    again = weekly_report(videos.copy(), history.copy(), path=tmp_path / "again.pdf")
    assert again.read_bytes() == demo_pdf.read_bytes()
    shuffled = weekly_report(
        videos.sample(frac=1, random_state=3), history.sample(frac=1, random_state=3), path=tmp_path / "shuffled.pdf"
    )
    assert text_of(pypdf.PdfReader(shuffled)) == text_of(pypdf.PdfReader(demo_pdf))


def test_page_one_says_the_growth_that_the_history_adds_up_to(tmp_path):
    videos, history = organisation()
    grid = history.pivot(index="ad_id", columns="date", values="views").astype(float)
    grid = grid.reindex(columns=pd.date_range(grid.columns.min(), grid.columns.max())).ffill(axis=1).fillna(0)
    weeks = [grid[END - pd.Timedelta(days=7 * back)].sum() for back in range(3)]
    now, before = weeks[0] - weeks[1], weeks[1] - weeks[2]
    page = build(tmp_path, (videos, history)).pages[0].extract_text()
    assert f"{now / 1000:.1f}k views, {'up' if now > before else 'down'} {abs(now / before - 1):.0%}" in page
    new = videos["uploaded_at"] > END - pd.Timedelta(days=7)
    assert f"9–15 March 2026, against the week before. 2 platforms, 5 accounts, {new.sum()} uploads." in page


def test_captions_of_every_script_are_text_in_charts_and_tables_set_in_embedded_fonts(tmp_path):
    pdf = build(tmp_path, organisation(10, titles=SCRIPTS, views=lambda days: 1000 + 97 * days + days**2 * 7 % 53))
    text = unicodedata.normalize("NFKC", text_of(pdf) + actual_texts(pdf))
    for title in SCRIPTS:
        for word in title.split():
            letters = [char for char in unicodedata.normalize("NFKC", word) if unicodedata.category(char)[0] == "L"]
            assert set(letters) <= set(text), title
    assert "/Type3" in font_names(pdf)  # colour emoji
    names = font_names(pdf)
    for family in ("Inter", "NotoSansArabic", "Heebo", "NotoSansThai", "NotoSansCJK"):
        assert any(name.startswith(family) for name in names), family
    assert not any("LastResort" in name for name in names)


@pytest.mark.parametrize("paper", ["a4", "us-letter"])
def test_hostile_captions_are_printed_as_they_are_and_stay_on_the_page(tmp_path, paper):
    pdf = build(tmp_path, organisation(titles=HOSTILE, links=LINKS, labels=HOSTILE[:4]), title=HOSTILE[0], paper=paper)
    text = text_of(pdf)
    assert '#READ("/ETC/PASSWD")' in text
    assert "root:" not in text
    assert set(links_of(pdf)) <= {"https://ok.example/v?a=1&b=%20#x"}
    width, height = (float(side) for side in pdf.pages[0].mediabox[2:])
    assert (round(width), round(height)) == {"a4": (595, 842), "us-letter": (612, 792)}[paper]
    for page in pdf.pages:
        places = positions(page)
        assert places
        assert all(40 < x < width - 44 and 0 < y < height for x, y in places)


def test_what_no_font_could_draw_is_counted_on_the_data_page(tmp_path):
    text = text_of(build(tmp_path, organisation(titles=["ខ្មែរ", "plain"])))
    assert "[Khmer]" in text
    assert "5 in 1 text, replaced" in text


ODD = {
    "one video": lambda: organisation(1, 1),
    "one account": lambda: organisation(accounts=1),
    "no history": lambda: (organisation()[0], schema.empty(HISTORY)),
    "no video": lambda: (schema.empty(VIDEOS), schema.empty(HISTORY)),
    "no labels": lambda: organisation(labels=None),
    "all equal": lambda: organisation(20, views=lambda days: np.full(len(days), 500)),
    "all zero": lambda: organisation(20, views=lambda days: np.zeros(len(days), dtype=int)),
    "falling": lambda: organisation(20, views=lambda days: 1000 + 50 * days[::-1]),
}
SAID = {
    "no history": "No history for this week",
    "no video": "No history for this week",
    "all zero": "No views gained",
    "falling": "views lost to corrections",
}


@pytest.mark.filterwarnings("ignore::shortimize_analytics.errors.DataQualityWarning")  # odd data are told to be odd
@pytest.mark.parametrize("case", ODD)
def test_odd_data_give_a_sensible_report_without_made_up_numbers(tmp_path, case):
    pdf = build(tmp_path, ODD[case]())
    text = text_of(pdf)
    assert SAID.get(case, "views") in text
    assert not NO_NUMBER.search(text)
    assert 2 <= len(pdf.pages) <= 5
    assert outloud.check(str(tmp_path / "report.pdf")).errors == 0


def test_a_week_without_uploads_says_so(tmp_path):
    videos, history = organisation()
    old = videos[videos["uploaded_at"] < END - pd.Timedelta(days=8)].reset_index(drop=True)
    assert "Nothing was uploaded this week" in build(tmp_path, (old, history)).pages[0].extract_text()


def test_a_week_that_the_history_does_not_cover_is_not_compared(tmp_path):
    videos, history = organisation()
    page = build(tmp_path, (videos, history[history["date"] > END - pd.Timedelta(days=4)])).pages[0].extract_text()
    assert "in a week not covered whole" in page
    assert "Read with care" in page
    assert "against the week before" not in page


def test_without_the_optional_fonts_the_report_is_legible_and_names_what_to_install(tmp_path, monkeypatch):
    absent = tuple(replace(font, module=f"{font.module}_absent") for font in fonts.FONTS)
    monkeypatch.setattr(fonts, "FONTS", absent)
    monkeypatch.setattr(fonts, "_other_fonts", tuple)
    caches = (fonts._installed, fonts._drawn_as)
    for cache in caches:
        cache.cache_clear()
    try:
        pdf = build(tmp_path, organisation(10, titles=SCRIPTS, views=lambda days: 1000 + 97 * days + days**2 * 7 % 53))
    finally:
        for cache in caches:
            cache.cache_clear()
    text = text_of(pdf)
    assert "Привет" in text
    assert "fontpkg-inter" in text
    assert {name.partition("-")[0] for name in font_names(pdf)} == {"DejaVuSans"}


def test_an_existing_report_stays_as_it_is_when_typst_refuses(tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(b"last week's")
    with pytest.raises(ReportError, match="Typst refused"):
        typeset({"paper": "a4"}, {}, template="weekly.typ", path=path, made_at=dt.datetime(2026, 3, 16, tzinfo=dt.UTC))
    assert path.read_bytes() == b"last week's"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_an_error_with_the_next_step(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ReportError, match="May you write there"):
        build(tmp_path / "file" / "inside", (schema.empty(VIDEOS), schema.empty(HISTORY)))


@pytest.mark.parametrize("option", [{"paper": "a5"}, {"lang": "de"}, {"lang": "en_GB"}])
def test_unknown_paper_or_language_is_refused_by_name(tmp_path, option):
    with pytest.raises(InvalidParameterError, match=next(iter(option.values()))):
        build(tmp_path, (schema.empty(VIDEOS), schema.empty(HISTORY)), **option)


def test_the_region_of_the_language_is_declared(tmp_path):
    pdf = build(tmp_path, (schema.empty(VIDEOS), schema.empty(HISTORY)), lang="en-GB")
    assert pdf.trailer["/Root"]["/Lang"] == "en-GB"


@given(st.one_of(st.none(), st.text(), st.from_regex(r"[a-zA-Z]{2,10}:/{0,2}[ -~]{0,30}", fullmatch=True)))
@example("HTTPS://OK.EXAMPLE")
@example("https://[")
@example("https://a\nb.example")
@example("https://a.example/\u202e")
def test_only_web_addresses_become_links(url):
    link = web_link(url)
    assert link is None or (urlsplit(link).scheme in {"http", "https"} and urlsplit(link).hostname and link == url)


def test_a_right_to_left_name_in_a_picture_keeps_its_direction():
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><text x="1" y="2">{}</text></svg>'
    found = [charts.take_texts(svg.format(words).encode())[0][0]["rtl"] for words in ("هذا #fyp", "so هذا")]
    assert found == [True, False]


def test_every_text_of_a_picture_is_handed_to_typst_and_none_stays_in_the_svg():
    frame = summary().outliers
    chart, svg = charts.draw(
        "outliers", lambda ax: plot_outliers(frame, ax=ax), alt="a", size=(500, 120), margins=(196, 92, 18, 34)
    )
    words = [text["text"] for text in chart["texts"]]
    assert {"@ann", "12x", "40", "score", "peers", "1x"} <= set(words)
    assert b"<text" not in svg
    name = next(text for text in chart["texts"] if text["text"] == "@ann")
    assert name["anchor"] == "end"
    assert 0 < name["x"] <= 196
    assert name["room"] == name["x"]
    assert next(text for text in chart["texts"] if text["text"] == "12x")["weight"] == 700


# --- sentences against hand-made numbers ---------------------------------------------------------------------------


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
    record = {"label_id": "l1", "label": "Hooks v2", "n_videos": 31, "n_accounts": 9, "ratio": 1.4, "ratio_lo": 1.1,
              "ratio_hi": 1.8, "q": 0.01, "verdict": "higher", "method": "within 9 accounts"}  # fmt: skip
    return rows(schema.LABEL_COMPARISON, record | more)


def mover(ad_id, gain, share, **more):
    return {"ad_id": ad_id, "title": f"title {ad_id}", "username": "ann", "gain": gain, "share": share,
            "ad_link": "https://ok.example/v"} | more  # fmt: skip


def weeks(*gained, partial=()):
    return rows(
        schema.WEEKLY_SERIES,
        *(
            {"week_end": END - pd.Timedelta(days=7 * (len(gained) - 1 - i)), "views_gained": value, "new_views": value,
             "back_views": 0, "corrections": 0, "n_uploads": 5, "partial": i in partial}
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
        "week_start": dt.date(2026, 3, 8),
        "week_end": dt.date(2026, 3, 15),
        "partial": False,
        "totals": total(),
        "previous": total(800, n_uploads=4),
        "series": weeks(700, 800, 900, 800, 1000),
        "movers": rows(schema.WEEKLY_MOVERS, mover("v1", 300, 0.3), mover("v2", 100, 0.1)),
        "outliers": outlier(),
        "revived": schema.empty(schema.WEEKLY_MOVERS),
        "labels": label(),
        "waterfall": pd.DataFrame({"step": steps, "views": pd.array([800, 150, 60, -10, 0, 1000], dtype="Int64")}),
        "quality": {"pct_gain_interpolated": 0.02},
    }
    return WeeklySummary(**(parts | more))


def said(found):
    return ["".join(part["text"] for part in sentence) for sentence in findings(found, Words())]


@pytest.mark.parametrize(
    ("totals", "words"),
    [
        (total(46_700_000, vs_prev=0.12), "46.7M views, up 12%"),
        (total(46_700_000, vs_prev=-0.3), "46.7M views, down 30%"),
        (total(900, vs_prev=0.004), "900 views, level with last week"),
        (total(900, vs_prev=None), "900 views gained"),
        (total(900, vs_prev=41.0), "900 views, 42x last week"),
        (total(0), "No views gained"),
        (total(-350_000), "350k views lost to corrections"),
        (total(None), "No history for this week"),
    ],
)
def test_the_headline_is_the_finding(totals, words):
    assert headline(summary(totals=totals)) == words


def test_the_headline_of_a_partial_week_compares_nothing():
    assert headline(summary(partial=True)) == "1k views, in a week not covered whole"


def test_new_uploads_and_their_two_effects_are_told_with_the_right_signs():
    first = said(summary())[0]
    assert "brought 600 of the 1k. Against last week, more of them added 150 and more views each added 60." in first
    down = summary(waterfall=summary().waterfall.assign(views=pd.array([800, -150, -60, 0, 0, 590], dtype="Int64")),
                   previous=total(800, n_uploads=9))  # fmt: skip
    assert "fewer of them cost 150 and fewer views each cost 60" in said(down)[0]


def test_fewer_measured_uploads_are_not_called_fewer_uploads():
    found = summary(waterfall=summary().waterfall.assign(views=pd.array([800, -150, 60, 0, 0, 1000], dtype="Int64")))
    assert "fewer with a daily history cost 150" in said(found)[0]


@pytest.mark.parametrize(
    ("series", "words"),
    [
        (weeks(700, 800, 900, 800, 1000), "It is the best of 5 weeks (before: 700 to 900)."),
        (weeks(700, 800, 900, 800, 600), "It is the weakest of 5 weeks (before: 700 to 900)."),
        (weeks(700, 1800, 900, 800, 1000), "inside the range of the 4 weeks before (700 to 1.8k)."),
        (weeks(700, 1000), "Too few whole weeks came before"),
        (weeks(1, 800, 900, 800, 1000, partial=(0,)), "It is the best of 4 weeks (before: 800 to 900)."),
    ],
)
def test_a_total_is_set_against_the_whole_weeks_before(series, words):
    assert words in said(summary(series=series))[0]


def test_one_video_that_made_much_of_the_week_is_named_with_score_interval_and_link():
    sentence = findings(summary(), Words())[1]
    words = "".join(part["text"] for part in sentence)
    assert (
        "made 30% of all gains: “title v1”, 300 views, 12x its account’s level at that age (90% interval 8.0–18x)"
        in words
    )
    assert "not clearly" not in words
    assert [part["link"] for part in sentence if part["link"]] == ["https://ok.example/v"]


def test_a_score_whose_interval_includes_one_is_not_called_above():
    assert "so not clearly above it" in said(summary(outliers=outlier(mult=1.5, mult_lo=0.8, mult_hi=2.5)))[1]


def test_an_unreliable_score_is_called_that():
    assert "too few peers or days to lean on" in said(summary(outliers=outlier(reliable=False, n_peers=4)))[1]


def test_two_equal_videos_make_no_sentence_about_one():
    movers = rows(schema.WEEKLY_MOVERS, mover("v1", 300, 0.3), mover("v2", 290, 0.29))
    assert not [line for line in said(summary(movers=movers)) if "One video made" in line]


@pytest.mark.parametrize(
    ("outliers", "words"),
    [
        (outlier(), "1 video is at least 5x the account’s level with the whole 90% interval"),
        (outlier(mult_lo=4.9), "None of the 1 scored videos is 5x"),
        (outlier(reliable=False), "None of the 1 scored videos is 5x"),
    ],
)
def test_five_times_is_claimed_only_when_the_whole_interval_of_a_reliable_score_is(outliers, words):
    assert any(words in line for line in said(summary(outliers=outliers)))


def test_a_clear_label_is_told_with_interval_and_numbers():
    lines = said(summary())
    assert (
        "Hooks v2 videos have 1.40x the views of the same accounts’ other videos (95% interval 1.10–1.80x, 31 videos, "
        "9 accounts). No other label is clearly different."
    ) in lines


def test_labels_without_a_clear_difference_are_not_named():
    lines = said(summary(labels=label(verdict="no clear difference", ratio_lo=0.9)))
    assert "No label differs clearly from the same accounts’ other videos (1 compared)." in lines


def test_a_difference_between_accounts_is_not_told_as_an_effect_of_the_label():
    lines = said(summary(labels=label(method="between 12 accounts; not an effect of the label")))
    assert any("accounts without it, which differ in more ways" in line for line in lines)


def test_interpolated_gains_are_told_first():
    assert said(summary(quality={"pct_gain_interpolated": 0.23}))[0].startswith("Read with care: 23% of the gains")


def test_nothing_to_say_is_said():
    nothing = summary(
        totals=total(0), outliers=schema.empty(schema.OUTLIERS), labels=schema.empty(schema.LABEL_COMPARISON),
        movers=schema.empty(schema.WEEKLY_MOVERS), waterfall=summary().waterfall.head(0),
    )  # fmt: skip
    assert said(nothing) == ["Nothing stands out in this week’s numbers."]


def test_there_are_never_more_than_five_sentences():
    full = summary(
        partial=True,
        waterfall=summary().waterfall.assign(views=pd.array([800, 150, 60, -900, 0, 1000], dtype="Int64")),
        revived=rows(schema.WEEKLY_MOVERS, mover("v9", 5, 0.1)).assign(revival_ratio=4.0),
    )
    assert len(said(full)) == MAX_SENTENCES == 5


def test_real_videos_make_a_report(real_data, tmp_path):
    from shortimize_analytics.simulator import Organisation

    found = Organisation.from_parquet(real_data / "videos.parquet", real_data / "history.parquet")
    ids = found.history["ad_id"].value_counts().index[:1500]
    videos = found.videos[found.videos["ad_id"].isin(ids)].reset_index(drop=True)
    history = found.history[found.history["ad_id"].isin(ids)].reset_index(drop=True)
    pdf = build(tmp_path, (videos, history), week_end="2026-07-19")
    assert "views" in pdf.pages[0].extract_text()
    assert not NO_NUMBER.search(text_of(pdf))
    assert (tmp_path / "report.pdf").stat().st_size < 1_000_000
    assert outloud.check(str(tmp_path / "report.pdf")).errors == 0


def test_growth_of_a_young_organisation_is_shown_to_the_age_it_has(tmp_path):
    videos, history = organisation()
    young = videos[videos["uploaded_at"] > END - pd.Timedelta(days=20)]
    assert "Share of its views at 14 days" in text_of(build(tmp_path, (young, history)))
