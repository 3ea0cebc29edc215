"""Pages about money: what they say adds up, and claims no more than the figures allow."""

from decimal import Decimal

import pandas as pd
import pypdf
import pytest
from money import day, history_of, terms_in, video, videos_of

import shortimize_analytics as sa
from shortimize_analytics.report.money_page import amount, cost_section, landing_section, statement_content
from shortimize_analytics.report.words import Words
from shortimize_analytics.schema import COST_FIGURES, PACING, conform

COUNTS = {day("2026-10-05", n): 1000 * n + n % 2 * 500 for n in range(1, 90)}


def stated(tmp_path, *, rules="rate_per_1000 = 0.60\nbase_per_video = 10\n", end="2026-10-31", counts=None, **options):
    counts = counts or {"v1": COUNTS, "v2": COUNTS}
    videos = videos_of(
        *(video(name, ad_link=f"https://www.tiktok.com/@x/video/76093647280{name[-1]}") for name in counts)
    )
    return sa.creator_payouts(
        videos, history_of(counts), terms=terms_in(tmp_path, rules, **options), end=end, closings=tmp_path / "closings"
    )


def text_of(sentence):
    return "".join(piece["text"] for piece in sentence)


def test_the_sums_of_a_statement_add_up_and_its_lines_to_them(tmp_path):
    sa.close_payouts(stated(tmp_path), tmp_path / "closings")
    counts = {"v1": COUNTS | {"2026-10-31": 20_000}, "v2": COUNTS}
    paid = stated(tmp_path, end="2026-11-30", counts=counts, decisions=["2026-12-04,c-1,,amount,-7.25,2026-11,lamp"])
    content = statement_content(paid, "c-1", words=Words())
    sums = {row["name"]: row["value"] for row in content["sums"]}
    assert sums["Earlier periods, with today’s counts"] == "−3.60 USD"
    assert sums["Decided by hand"] == "−7.25 USD"
    number = {name: Decimal(value.replace("−", "-").replace(",", "").split()[0]) for name, value in sums.items()}
    outcome = ("Balance", "Paid now", "Carried to the next statement")
    assert sum(value for name, value in number.items() if name not in outcome) == number["Balance"]
    lines = [Decimal(row[3][0]["text"].replace("−", "-").split()[0]) for row in content["lines"]["rows"]]
    assert sum(lines) == number["Balance"]
    assert content["said"].startswith(f"{amount(paid.statement['payment'][0], 'USD')} is owed")
    assert "v1: 26,000 → 20,000 views" in content["lines"]["rows"][-1][0][1]["text"]
    assert content["evidence"]["rows"][0][0][0]["link"].startswith("https://www.tiktok.com/")


def test_outcomes_are_said_in_plain_words(tmp_path):
    small = stated(tmp_path, top="min_payment = 500")
    said = statement_content(small, "c-1", words=Words())["said"]
    assert said.startswith("Nothing is paid yet: 51.20 USD is below the 500 USD")
    sa.close_payouts(stated(tmp_path), tmp_path / "closings")
    fallen = {"v1": {"2026-10-31": 0, "2026-11-30": 0}, "v2": {"2026-10-31": 0, "2026-11-30": 0}}
    debt = stated(tmp_path, end="2026-11-30", counts=fallen)
    said = statement_content(debt, "c-1", words=Words())["said"]
    assert said == (
        "Nothing is paid: earlier payments were 31.20 USD too high, which later statements make up. Nothing has to be "
        "paid back."
    )


def test_a_statement_stands_alone_in_both_editions(tmp_path):
    paid = stated(tmp_path)
    done = sa.write_statements(paid, tmp_path / "out", also=["html"], title="Lab & Friends", locale="de_DE")
    assert done["exit_code"].tolist() == [0]
    page = (tmp_path / "out" / "c-1.html").read_text()
    assert "Was fällig ist, und warum" in page
    assert "Lab &amp; Friends" in page
    assert "51,20 USD" in page
    assert "<script" not in page
    assert "default-src 'none'" in page
    pdf = pypdf.PdfReader(tmp_path / "out" / "c-1.pdf")
    text = "\n".join(part.extract_text() for part in pdf.pages)
    assert "Was fällig ist, und warum" in text
    assert "51,20 USD" in text
    assert "Zeile für Zeile" in text
    again = (tmp_path / "out" / "c-1.pdf").read_bytes()
    sa.write_statements(paid, tmp_path / "out", title="Lab & Friends", locale="de_DE")
    assert (tmp_path / "out" / "c-1.pdf").read_bytes() == again


def test_a_caption_or_reason_from_outside_is_text_and_nothing_else(tmp_path):
    decisions = ["2026-11-04,c-1,,amount,5.00,2026-10,#let x = <b>bold</b> & $ y $"]
    paid = stated(tmp_path, decisions=decisions)
    sa.write_statements(paid, tmp_path / "out", also=["html"])
    assert "#let x = &lt;b&gt;bold&lt;/b&gt; &amp; $ y $" in (tmp_path / "out" / "c-1.html").read_text()
    text = "".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "out" / "c-1.pdf").pages)
    assert "#let x = <b>bold</b>" in text


def cost_rows(**changes):
    row = dict.fromkeys(COST_FIGURES.names) | {
        "scope": "total", "key": "", "name": "all costs", "currency": "USD", "n_videos": 3, "n_young": 1, "age": 30,
        "cost": Decimal("1000.00"), "cpm": 2.7027, "cpm_lo": 1.9608, "cpm_hi": 3.2258, "cpm_today": 3.5714,
    }  # fmt: skip
    return conform(pd.DataFrame([row | changes]), COST_FIGURES)


def test_a_cost_is_said_with_its_interval_and_without_one_where_nothing_is_young():
    lead = text_of(cost_section(cost_rows(), Words())["lead"])
    assert lead == "1,000.00 USD paid for 3 videos, 2.70 USD per 1,000 views (1.96–3.23). "
    exact = text_of(cost_section(cost_rows(cpm_lo=2.7027, cpm_hi=2.7027), Words())["lead"])
    assert exact == "1,000.00 USD paid for 3 videos, 2.70 USD per 1,000 views. "
    none = text_of(cost_section(cost_rows(cpm=None, cpm_lo=None, cpm_hi=None, n_videos=0), Words())["lead"])
    assert none == "1,000.00 USD paid for 0 videos. "


@pytest.mark.parametrize(("changes", "words"), [
    ({}, "The organisation: 620k of 1M views so far, expected to land at 890k (818k–1M): off track."),
    ({"lo80": None, "hi80": None, "verdict": "unknown"}, "620k of 1M views so far, expected to land at 890k."),
    ({"days_left": 0, "verdict": "missed"}, "620k of 1M views so far: missed."),
])  # fmt: skip
def test_a_landing_claims_no_more_than_its_interval(changes, words):
    row = dict.fromkeys(PACING.names) | {
        "scope": "organisation", "key": "", "name": "organisation", "metric": "views_gained", "verdict": "off track",
        "end": pd.Timestamp("2026-11-30"), "days_left": 8, "target": 1_000_000, "so_far": 620_000, "landing": 890_000.0,
        "lo80": 818_031.0, "hi80": 1_043_444.0, "p_target": 0.154,
    }  # fmt: skip
    frame = conform(pd.DataFrame([row | changes]), PACING)
    assert text_of(landing_section(frame, Words())["lead"]).endswith(words)
