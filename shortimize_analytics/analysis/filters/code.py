"""How a filter reads: as words, and as Python that loads what it was applied to."""

from typing import Any

from shortimize_analytics.client.contract import BASE_URL, LIST_ACCOUNT_VIDEOS, LIST_VIDEOS
from shortimize_analytics.schema.names import Names


def range_text(what: str, first: Any, *, last: Any) -> str:
    """Say a range of days, or nothing where both ends are open."""
    parts = [f"from {first}" if first is not None else "", f"to {last}" if last is not None else ""]
    return " ".join([what, *filter(None, parts)]) if any(parts) else ""


def sizes_text(low: int | None, high: int | None, *, unit: str) -> str:
    """Say a range of sizes, or nothing where both ends are open."""
    if low is None and high is None:
        return ""
    if high is None:
        return f"at least {low:,} {unit}"
    return f"at most {high:,} {unit}" if low is None else f"{low:,} to {high:,} {unit}"


def search_text(search: str) -> str:
    """Say what is searched for."""
    if not search:
        return ""
    quoted = search if set(search) & set('"“”„') else f"“{search}”"
    return f"{quoted} in caption or handle"


def names_text(what: str, names: Names, *, join: str = " or ") -> str:
    """Say which names fit, or nothing where none is given."""
    return f"{what} {join.join(names)}" if names else ""


def connect_line(attrs: dict[Any, Any]) -> str:
    """Write the line that connects to where a frame came from."""
    url = attrs.get("base_url", BASE_URL)
    from shortimize_analytics.simulator.demo import DEMO_URL

    if url == DEMO_URL:
        return "client = sa.connect(demo=True)"
    return "client = sa.connect()" if url == BASE_URL else f"client = sa.connect(base_url={url!r})"


def load_line(attrs: dict[Any, Any]) -> str:
    """Write the line that loads the frame again."""
    params = dict(attrs.get("params", {})) if attrs.get("table", "videos") == "videos" else {}
    endpoint = attrs.get("endpoint", str(LIST_VIDEOS))
    if endpoint == str(LIST_ACCOUNT_VIDEOS):
        first, loader = [repr(params.pop("account"))], "load_account_videos"
    elif endpoint != str(LIST_VIDEOS) and "ad_id" in params:
        first, loader = [repr(params.pop("ad_id"))], "load_video"
    else:
        first, loader = [], "load_videos"
    options = [f"{name}={value!r}" for name, value in params.items()]
    return f"videos = sa.{loader}({', '.join(['client', *first, *options])})"
