"""Folders on a disk or in object storage, by one address."""

import contextlib
import re
import uuid
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.fs as pafs

from shortimize_analytics.errors import ArchiveError, InvalidParameterError
from shortimize_analytics.store.files import SCRAP_PREFIX

_KEY_INSIDE = re.compile(r"://[^/?]*:[^/?]*@|[?&][^=&]*(secret|token|password|access_key)[^=&]*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """A folder: its file system, its path there, and the address that it was asked for by."""

    system: pafs.FileSystem
    path: str
    address: str

    @property
    def next_step(self) -> str:
        """What to look at when it cannot be read or written."""
        if isinstance(self.system, pafs.LocalFileSystem):
            return "free space, or look at the folder's rights, and run it again"
        return (
            "look at the address, and at the keys and the server in the environment (for s3://: AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL), and run it again"
        )

    def at(self, name: str) -> str:
        """Path of something inside."""
        return f"{self.path}/{name}"

    def files(self, folder: str = "") -> list[pafs.FileInfo]:
        """List the files in a folder and below it; none where it does not exist."""
        selector = pafs.FileSelector(self.at(folder) if folder else self.path, recursive=True, allow_not_found=True)
        try:
            found = self.system.get_file_info(selector)
        except OSError as error:
            raise ArchiveError(f"{self.address} cannot be read ({error}): {self.next_step}") from error
        return sorted((info for info in found if info.type == pafs.FileType.File), key=lambda info: info.path)

    def read(self, name: str) -> bytes | None:
        """Read a whole file; None where there is none.

        Raises
        ------
        ArchiveError
            When the disk or the storage refuses.
        """
        try:
            with self.system.open_input_stream(self.at(name)) as file:
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ArchiveError(f"{self.address} cannot be read ({error}): {self.next_step}") from error

    def write(self, name: str, content: bytes | pa.Buffer) -> None:
        """Write a file whole or not at all.

        Raises
        ------
        OSError
            When the disk or the storage refuses; an older file is left as it was.
        """
        folder = self.at(name).rpartition("/")[0]
        if not isinstance(self.system, pafs.LocalFileSystem):
            if not isinstance(self.system, pafs.S3FileSystem):  # has no folders, and asking needs rights of its own
                self.system.create_dir(folder, recursive=True)
            with self.system.open_output_stream(self.at(name)) as file:  # an object appears when its upload ends
                file.write(content)
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        scrap = Path(folder) / f"{SCRAP_PREFIX}{uuid.uuid4().hex}"
        try:
            scrap.write_bytes(memoryview(content))
            scrap.replace(self.at(name))
        finally:
            scrap.unlink(missing_ok=True)

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            self.system.delete_file(self.at(name))


def place_of(address: str | Path) -> Place:
    """Find the file system of a folder: of this machine, one that Arrow speaks (S3, GCS, Azure, HDFS), or fsspec's.

    Raises
    ------
    InvalidParameterError
        When nothing installed knows the address, or a key stands in it.
    ArchiveError
        When the storage does not answer.
    """
    text = str(address).rstrip("/")
    if _KEY_INSIDE.search(text):
        raise InvalidParameterError(
            "a key stands in the address of an archive or digest, where logs and messages would show it: leave it out "
            "and put it into the environment, for s3:// as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if "://" not in text:
        return Place(pafs.LocalFileSystem(), Path(text).absolute().as_posix(), text)
    scheme = text.partition("://")[0]
    try:
        system, path = pafs.FileSystem.from_uri(text)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        import fsspec

        try:
            inner, path = fsspec.core.url_to_fs(text)
        except (ImportError, ValueError) as error:
            raise InvalidParameterError(f"{scheme}:// is no storage that is known here: {error}") from error
        system = pafs.PyFileSystem(pafs.FSSpecHandler(inner))
    except OSError as error:
        raise ArchiveError(f"{text} does not answer ({error}); look at the address and at AWS_ENDPOINT_URL") from error
    return Place(system, path.rstrip("/"), text)
