"""Answers of any shape, for hypothesis to draw; their odd texts hold halves of characters, too."""

from datetime import UTC

from hypothesis import strategies as st

from shortimize_analytics.schema import VIDEOS

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
LIKELY = {
    "str": st.text(max_size=12),
    "Int64": st.integers(-(2**64), 2**64),
    "Float64": st.floats() | st.integers(),
    "boolean": st.booleans(),
    "instant": st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat()),
    "date": st.dates().map(lambda day: day.isoformat()),
    "list": st.lists(st.text(max_size=4), max_size=2),
}


def rows_of_fields(extra):
    """Rows with a few fields each: any declared one, with a likely value or an odd one."""
    fields = [st.tuples(st.just(column.name), st.none() | LIKELY[column.kind] | extra) for column in VIDEOS]
    return st.lists(st.lists(st.one_of(fields), max_size=6).map(dict), max_size=3)


VIDEO_ROWS = rows_of_fields(ANY_JSON)
CLEAN_ROWS = rows_of_fields(st.nothing())
