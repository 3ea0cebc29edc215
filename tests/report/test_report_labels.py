"""What the report says of labels: effects within accounts told, differences between accounts listed apart."""

import pandas as pd
import pytest
from reports import answers, label, said, summary

from shortimize_analytics.plots.locales import written_for
from shortimize_analytics.report.tables import labels_table
from shortimize_analytics.report.words import Words


def test_a_clear_label_is_named_and_its_numbers_are_left_to_the_table_and_to_page_one():
    assert answers(summary())["more"] == (
        "The one compared label differs clearly from the same accounts’ other videos. More views: Hooks v2."
    )
    assert "1.40x" in str(labels_table(label(), Words())["rows"])


def test_labels_without_a_clear_difference_are_not_named_nor_told_on_page_one():
    found = summary(labels=label(verdict="no clear difference", ratio_lo=0.9))
    line = "No label differs clearly from the same accounts’ other videos (1 compared)."
    assert answers(found)["more"] == line
    assert line not in said(found)


def test_a_label_s_accounts_are_those_that_identify_its_effect():
    found = label(n_accounts=17, n_accounts_overlap=4)
    table = labels_table(found, Words())
    assert [cell[0]["text"] for cell in table["rows"][0]][:4] == ["Hooks v2", "31", "4", "1.40x"]
    assert table["columns"][2]["name"] == "Accounts"


def test_a_difference_between_accounts_is_listed_apart_and_neither_drawn_nor_told_as_an_effect():
    apart = label(label="Flagship", method="between 12 accounts; not an effect of it", verdict="accounts differ",
                  n_accounts_overlap=0)  # fmt: skip
    both = pd.concat([label(), apart], ignore_index=True)
    assert "Flagship" not in answers(summary(labels=both))["more"]
    assert "more" not in answers(summary(labels=apart))
    table = labels_table(both, Words())
    assert [row[0][0]["text"] for row in table["rows"]] == ["Hooks v2"]
    assert "Carried by all videos of some accounts and by none of the others, so not an effect of it: " in table["note"]
    assert "(1.40x, 1.10–1.80x, between 12 accounts; not an effect of it)" in table["note"]


def test_what_is_better_comes_before_what_is_worse_and_what_is_only_worse_is_called_that():
    lower = label(label="Talking head", ratio=0.6, ratio_lo=0.5, ratio_hi=0.8, q=0.001, verdict="lower")
    even = label(label="Flagship", verdict="no clear difference", q=0.6)
    same = "from the same accounts’ other videos. "
    assert answers(summary(labels=pd.concat([lower, label(), even], ignore_index=True)))["more"] == (
        f"Two of 3 compared labels differ clearly {same}More views: Hooks v2. Fewer views: Talking head."
    )
    assert answers(summary(labels=pd.concat([lower, even], ignore_index=True)))["more"] == (
        f"One of 2 compared labels differs clearly {same}Fewer views: Talking head."
    )
    many = pd.concat([label(label=f"L{at}", q=at / 1000) for at in range(5)], ignore_index=True)
    assert answers(summary(labels=many))["more"].endswith("More views: L0, L1, L2 and 2 more.")


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        (None, "between 13,856 accounts; not an effect of it)"),
        ("de_DE", "zwischen 13.856 Konten; kein Effekt des Labels)"),
        ("fr_FR", "between 13\xa0856 accounts; not an effect of it)"),
    ],
)
def test_accounts_of_a_comparison_are_written_as_all_other_counts(locale, written):
    apart = label(method="between 13,856 accounts; not an effect of it", n_accounts_overlap=0)
    with written_for(locale):
        assert written in labels_table(apart, Words())["note"]


def test_the_number_of_further_labels_has_its_separator():
    clear = label()
    many = pd.concat([clear] * 3531, ignore_index=True)
    assert answers(summary(labels=many))["more"].endswith(" and 3,528 more.")
