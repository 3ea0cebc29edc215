"""Digest onto a disk that is full halfway, and again when it has grown: run where the disk is mounted."""

import subprocess
import sys
from pathlib import Path

import pandas as pd

import shortimize_analytics as sa
from shortimize_analytics.errors import ArchiveError


def main(disk, archive, videos, groups):
    """Write the error, the parts that were kept, those that were reused, and the files in the end, a line each."""
    told = []
    options = {"out": disk, "groups": int(groups), "progress": False}
    try:
        sa.scale.digest(archive, pd.read_pickle(videos), **options)
    except ArchiveError as error:
        told.append(" ".join(str(error).split()))
    assert not [path for path in Path(disk).iterdir() if path.suffix != ".arrow"]
    told.append(len(list(Path(disk).iterdir())))
    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
    told.append(sa.scale.digest(archive, pd.read_pickle(videos), **options).reused)
    told.append(len(list(Path(disk).iterdir())))
    sys.stdout.write("\n".join(map(str, told)))


if __name__ == "__main__":
    main(*sys.argv[1:])
