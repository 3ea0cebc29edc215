"""The accounts of one video by their definitions, one number at a time; `points` are views and mark by day."""

from itertools import pairwise


def value_at(points, day):
    """The count of a day by the definition, and whether it is a guess."""
    if not points or min(points) > day or max(points) < day - 1:
        return None, False
    for near in (day, day - 1, day + 1):
        if near in points:
            return points[near]
    left, right = max(k for k in points if k < day), min(k for k in points if k > day)
    between = round((day - left) / (right - left) * (points[right][0] - points[left][0]))
    return points[left][0] + between, True


def slow_account(points, *, start, end, uploaded, since, gone):
    """What one period adds to one video: B4, and whether a count at its edges is a guess."""
    (opening, doubt), (closing, doubted) = value_at(points, start), value_at(points, end)
    inside = [points[day][0] for day in sorted(points) if start < day <= end]
    out = dict.fromkeys(["new_views", "back_views", "corrections", "newly_tracked", "lost", "not_refreshed"], 0)
    out |= {"views_start": opening or 0, "views_end": closing or 0, "interpolated": False, "views": 0, "known": False}
    out |= {"active": bool(inside), "is_new": False}
    if opening is None and (not inside or min(points) <= start):
        return out
    late = uploaded == start and opening is None and since <= start
    new = uploaded is not None and (start < uploaded <= end or late)
    path = ([opening] if opening is not None else []) + inside + ([closing] if closing is not None else [])
    steps = [after - before for before, after in pairwise(path)]
    if new:
        out["new_views"] = path[-1] - (opening or 0)
    else:
        out["back_views"] = sum(step for step in steps if step > 0)
        out["corrections"] = sum(step for step in steps if step < 0)
        out["newly_tracked"] = path[0] if opening is None else 0
    if closing is None:
        out["lost" if gone else "not_refreshed"] = -path[-1]
    return out | {"interpolated": doubt or doubted, "views": path[-1], "known": True, "is_new": new}
