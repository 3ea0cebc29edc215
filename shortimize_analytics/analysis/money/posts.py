"""Whose post is whose: the creators' accounts and labels, the clips, and copies that are one post.

A collaboration, which the API returns under each account, is one post. Its name is the ad_id that a closing knows it
by, else the smallest of its copies. What belongs to two creators belongs to nobody until a decision says who.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys, column
from shortimize_analytics.errors import MoneyFileError, Problem

from .keys import AccountKeys, LabelKeys, VideoKeys, link_key
from .terms import Terms

NOBODY = ""


@dataclass(frozen=True, slots=True)
class Post:
    """One post as pay sees it; the fields are those of `schema.EVIDENCE`, `uploaded` in days since 1970-01-01."""

    ad_id: str
    creator: str
    clip: str
    platform: str
    uploaded: int
    link: str = ""
    copies: str = ""
    state: str = ""

    def called(self) -> Iterable[tuple[str, str]]:
        """Yield what the post may be called in a file, with its name."""
        yield self.ad_id, self.ad_id
        for key in (self.link, *self.copies.split()):
            if key:
                yield key, self.ad_id


@dataclass(slots=True)
class Found:
    """Result of `find_posts`.

    Attributes
    ----------
    posts
        By ad_id, those with an upload day.
    rows
        Post of each row of the videos; "" for rows of nobody's.
    undated
        Creator of each post without an upload day.
    rivals
        Creators of each post that two claim.
    problems
        What the terms, clips and decisions name that no video is, by file.
    """

    posts: dict[str, Post] = field(default_factory=dict)
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=object))
    undated: dict[str, str] = field(default_factory=dict)
    rivals: dict[str, tuple[str, ...]] = field(default_factory=dict)
    problems: dict[str, list[Problem]] = field(default_factory=dict)

    def check(self) -> None:
        """Raise the problems of the first file that has any."""
        for path, problems in self.problems.items():
            raise MoneyFileError(path, problems)


def find_posts(videos: pd.DataFrame, terms: Terms, *, known: Mapping[str, Post]) -> Found:
    """Find the posts that somebody may be paid for.

    Parameters
    ----------
    videos
        Prepared videos, numbered from 0.
    terms
        Their creators, clips and decisions.
    known
        Posts of the closings, by ad_id: those that are no longer among the videos are kept as vanished.
    """
    found = Found()
    owners = _owners(videos, terms, found)
    names = _names(videos, known=known)
    keys = VideoKeys(_all_keys(videos, names, known=known))
    clips = _clips(terms, keys, found)
    wanted = {row for row, own in enumerate(owners) if own}
    decided = _check_decisions(terms, keys, found)
    wanted |= {row for row, name in enumerate(names) if name in decided or name in known}
    by_post: dict[str, list[int]] = defaultdict(list)
    for row in sorted(wanted):
        by_post[names[row]].append(row)
    found.rows = np.full(len(videos), NOBODY, dtype=object)
    cells = _cells(videos)
    for name, rows in by_post.items():
        # a copy under an account of nobody's is still the same post
        claims = sorted({creator for row in rows for creator in owners[row]})
        _add(found, name, rows, claims=claims, cells=cells, clip=clips.get(name, name), known=known.get(name))
    for row, name in enumerate(names):
        if name in by_post:
            found.rows[row] = name
    gone = {name: post for name, post in known.items() if name not in by_post}
    found.posts |= {name: replace(post, state="vanished") for name, post in gone.items()}
    _split_clips(found)
    return found


def _owners(videos: pd.DataFrame, terms: Terms, found: Found) -> list[set[str]]:
    """Find the creators of each row by account and label, within the days that each holds them."""
    accounts, labels = AccountKeys(videos), LabelKeys(videos)
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, account in enumerate(accounts.accounts):
        rows_of[account].append(row)
    uploaded = days_or_none(videos["uploaded_at"])
    owners: list[set[str]] = [set() for _ in range(len(videos))]
    for creator in terms.creators:
        for kind, keys, finder, rows in (
            ("accounts", creator.accounts, accounts, rows_of),
            ("labels", creator.labels, labels, labels.rows),
        ):
            for key in keys:
                name, advice = finder.find(key)
                if name is None:
                    problem = Problem(creator.line, f"{kind} of {creator.id}", key, advice)
                    found.problems.setdefault(terms.path, []).append(problem)
                    continue
                for row in rows[name]:
                    day = uploaded[row]
                    if day is None or creator.holds_on(day):
                        owners[row].add(creator.id)
    return owners


def days_or_none(dates: pd.Series) -> list[int | None]:
    """Days since 1970-01-01, None without a date."""
    days = dates.to_numpy().astype("datetime64[D]")
    return [None if missing else int(day) for day, missing in zip(days.astype(np.int64), np.isnat(days), strict=True)]


def _names(videos: pd.DataFrame, *, known: Mapping[str, Post]) -> list[str]:
    """Name the post of each row: copies of one post share a name."""
    ids = videos["ad_id"].astype("str").tolist()
    groups = videos["dup_group"].tolist()
    copies: dict[str, list[str]] = defaultdict(list)
    for ad_id, group in zip(ids, groups, strict=True):
        if isinstance(group, str):
            copies[group].append(ad_id)
    older = {key: post.ad_id for post in known.values() for key in (post.ad_id, *post.copies.split())}
    names = {}
    for group, members in copies.items():
        before = sorted({older[member] for member in members if member in older})
        names[group] = before[0] if before else min(members)
    own = (older.get(ad_id, ad_id) for ad_id in ids)
    return [names[group] if isinstance(group, str) else name for group, name in zip(groups, own, strict=True)]


def _all_keys(videos: pd.DataFrame, names: list[str], *, known: Mapping[str, Post]) -> Iterable[tuple[str, str]]:
    links = column(videos, "ad_link", "str").tolist()
    for ad_id, link, name in zip(videos["ad_id"].tolist(), links, names, strict=True):
        yield str(ad_id), name
        if isinstance(link, str):
            yield link, name
    for post in known.values():
        yield from post.called()


def _clips(terms: Terms, keys: VideoKeys, found: Found) -> dict[str, str]:
    """Return the clip of each post that has one."""
    clips: dict[str, str] = {}
    for key, clip in terms.clips.items():
        post, line = keys.find(key), terms.clip_lines.get(key, 0)
        if post is None:
            found.problems.setdefault(_name(terms, "clips.csv"), []).append(
                Problem(line, "video", key, keys.advice(key))
            )
        elif clips.setdefault(post, clip) != clip:
            advice = f"the same post is part of clip {clips[post]}; keep one line"
            found.problems.setdefault(_name(terms, "clips.csv"), []).append(Problem(line, "video", key, advice))
    return clips


def _check_decisions(terms: Terms, keys: VideoKeys, found: Found) -> set[str]:
    """Return the posts that decisions are about."""
    posts = set()
    for decision in (decision for decision in terms.decisions if decision.video):
        post = keys.find(decision.video)
        if post is None:
            problem = Problem(decision.line, "video", decision.video, keys.advice(decision.video))
            found.problems.setdefault(_name(terms, "decisions.csv"), []).append(problem)
        else:
            posts.add(post)
    return posts


def _name(terms: Terms, file: str) -> str:
    return terms.names.get(file, file)


def _cells(videos: pd.DataFrame) -> dict[str, list[object]]:
    """Return columns as lists, which are quick to read cell by cell."""
    frame = pd.DataFrame({name: column(videos, name, "str") for name in ("ad_id", "platform", "ad_link")})
    cells: dict[str, list[object]] = {name: frame[name].fillna("").astype("str").tolist() for name in frame}
    for name in ("removed", "private"):
        cells[name] = column(videos, name, "boolean").fillna(value=False).astype(bool).tolist()
    cells["uploaded"] = list(days_or_none(videos["uploaded_at"]))
    return cells


def _add(
    found: Found,
    name: str,
    rows: list[int],
    *,
    claims: list[str],
    cells: dict[str, list[object]],
    clip: str,
    known: Post | None,
) -> None:
    days = [day for row in rows if isinstance(day := cells["uploaded"][row], int)]
    if not days and known is None:
        found.undated[name] = claims[0] if claims else NOBODY
        return
    own = next((row for row in rows if cells["ad_id"][row] == name), rows[0])
    link = str(cells["ad_link"][own])
    copies: list[str] = []
    for row in rows:
        other, other_link = str(cells["ad_id"][row]), str(cells["ad_link"][row])
        copies += [other] if other != name else []
        copies += [other_link] if other_link and link_key(other_link) != link_key(link) else []
    states = ["removed" if cells["removed"][row] else "private" if cells["private"][row] else "" for row in rows]
    if len(claims) > 1:
        found.rivals[name] = tuple(claims)
    found.posts[name] = Post(
        ad_id=name,
        creator=claims[0] if len(claims) == 1 else NOBODY,
        clip=clip,
        platform=str(cells["platform"][own]),
        uploaded=min(days) if days else known.uploaded if known else 0,
        link=link,
        copies=" ".join(sorted(set(copies))),
        state="" if "" in states else states[0],
    )


def _split_clips(found: Found) -> None:
    """Take a clip whose posts are of two creators from both."""
    creators: dict[str, set[str]] = defaultdict(set)
    for post in found.posts.values():
        if post.creator:
            creators[post.clip].add(post.creator)
    for name, post in found.posts.items():
        if len(creators.get(post.clip, ())) > 1:
            found.rivals[name] = tuple(sorted(creators[post.clip]))
            found.posts[name] = replace(post, creator=NOBODY)


def accounts_of(videos: pd.DataFrame, rows: np.ndarray) -> dict[str, str]:
    """Return the account of each post."""
    return {post: account for post, account in zip(rows, account_keys(videos), strict=True) if post}


def creators_of_rows(videos: pd.DataFrame, terms: Terms) -> dict[str, list[int]]:
    """Return the rows of each creator's videos, also of those that two claim."""
    found: dict[str, list[int]] = {creator.id: [] for creator in terms.creators}
    for row, own in enumerate(_owners(videos, terms, Found())):
        for creator in own:
            found[creator].append(row)
    return found
