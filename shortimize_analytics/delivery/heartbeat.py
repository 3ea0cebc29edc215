"""A call to an outside clock after every good run: only that notices a machine that is off."""

from .attempts import SendingError, keep_trying
from .posting import Parcel, deliver_parcel
from .secret import Secret


def beat(url: Secret) -> str:
    """Ask for an address; return what went wrong, or nothing."""

    def call(**_: bool) -> None:
        deliver_parcel(Parcel(url, body=b"", method="GET"), ca_file=None)

    try:
        keep_trying(call, again=False)
    except SendingError as error:
        return error.words
    return ""
