"""Labels of an organisation (the vendor also says collections): their names, and which of them a text means."""

from collections.abc import Sequence
from http import HTTPStatus

import pandas as pd

from shortimize_analytics.client import contract
from shortimize_analytics.client.answers import Call
from shortimize_analytics.client.connection import Client
from shortimize_analytics.client.decode import decode_page
from shortimize_analytics.errors import ApiError, IncompleteDataError, InvalidParameterError, RateLimitError
from shortimize_analytics.schema.names import match_label

from .provenance import describe, warn_quality


def load_labels(client: Client) -> pd.DataFrame:
    """Load the organisation's labels, which the vendor also calls collections.

    Parameters
    ----------
    client
        From `connect`.

    Returns
    -------
    DataFrame
        One row per label: ``id``, ``name`` (str). Names can repeat; the id is the key.

    Raises
    ------
    IncompleteDataError
        When fewer labels arrive than the API counts.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> sa.load_labels(sa.connect(demo=True)).columns.tolist()
    ['id', 'name']
    """
    answer = client.get(Call(contract.LIST_COLLECTIONS))
    decoded = decode_page(answer, contract.LIST_COLLECTIONS)
    announced = decoded.count
    arrived = decoded.frame["id"].nunique()
    if isinstance(announced, int) and (announced != arrived or announced != len(decoded.frame)):
        raise IncompleteDataError(
            f"{arrived} of {announced} collections arrived", endpoint=str(contract.LIST_COLLECTIONS)
        )
    return describe(client, decoded, endpoint=contract.LIST_COLLECTIONS, asked={}, answers=[answer])


def names_to_send(client: Client, wanted: Sequence[str]) -> list[str]:
    """Return the names that the API filters by, of labels given by name or id.

    Where the labels cannot be loaded, the names are sent as they were given.

    Raises
    ------
    InvalidParameterError
        When a text names no label, or one whose name others have, too: the API cannot tell them apart.
    """
    known, failure = names_by_id(client)
    if failure:
        return list(wanted)
    found = [match_label(label, known) for label in wanted]
    asked = {key for keys in found for key in keys}
    for label, keys in zip(wanted, found, strict=True):
        same = sorted(key for key, name in known.items() if name == known[keys[0]])
        if len(keys) > 1 or not asked.issuperset(same):
            raise InvalidParameterError(
                f"label={label!r}: {len(same)} labels have that name ({', '.join(same)}), and the API filters by name; "
                "load without label, then choose one: select_videos(videos, label=ID)"
            )
    return list(dict.fromkeys(known[keys[0]] for keys in found))


def names_by_id(client: Client) -> tuple[dict[str, str], str]:
    """Return the names of labels by id; without names, why not: the videos are whole all the same."""
    try:
        labels = load_labels(client)
    except RateLimitError:
        raise  # it would hit whatever is asked for next, and to wait helps
    except ApiError as error:
        if error.status == HTTPStatus.UNAUTHORIZED:
            raise
        return {}, str(error)
    return dict(zip(labels["id"], labels["name"], strict=True)), ""


def fill_label_names(client: Client, frame: pd.DataFrame) -> pd.DataFrame:
    """Fill missing label names from the list of labels, without a request when none is missing."""
    ids, names = frame["label_ids"].tolist(), frame["label_names"].tolist()
    lacking = [row for row, own in enumerate(ids) if own and len(own) != len(names[row] or ())]
    if not lacking:
        return frame
    known, failure = names_by_id(client)
    unnamed = sum(label not in known for row in lacking for label in ids[row])
    for row in lacking:
        names[row] = [known.get(label, label) for label in ids[row]]
    frame["label_names"] = pd.Series(names, index=frame.index, dtype=object)
    frame.attrs["quality"]["label_names_filled"] = 0 if failure else len(lacking)
    if unnamed:
        frame.attrs["quality"]["labels_without_name"] = unnamed
        why = f"the list of labels could not be loaded ({failure})" if failure else "it is not in the list of labels"
        warn_quality(f"{unnamed} labels have no name, and their id stands in for it: {why}")
    return frame
