"""Folders on a disk or in object storage, by one address."""

import contextlib
import uuid
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.fs as pafs

from shortimize_analytics.errors import ArchiveError, InvalidParameterError
from shortimize_analytics.store.files import SCRAP_PREFIX


@dataclass(frozen=True, slots=True)
class Place:
    """A folder: its file system, its path there, and the address that it was asked for by."""

    system: pafs.FileSystem
    path: str
    address: str

    def at(self, name: str) -> str:
        """Path of something inside."""
        return f"{self.path}/{name}"

    def files(self, folder: str = "") -> list[pafs.FileInfo]:
        """List the files in a folder and below it; none where it does not exist."""
        selector = pafs.FileSelector(self.at(folder) if folder else self.path, recursive=True, allow_not_found=True)
        try:
            found = self.system.get_file_info(selector)
        except OSError as error:
            raise ArchiveError(f"{self.address} cannot be read ({error})") from error
        return sorted((info for info in found if info.type == pafs.FileType.File), key=lambda info: info.path)

    def read(self, name: str) -> bytes | None:
        """Read a whole file; None where there is none."""
        try:
            with self.system.open_input_stream(self.at(name)) as file:
                return file.read()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes | pa.Buffer) -> None:
        """Write a file whole or not at all.

        Raises
        ------
        OSError
            When the disk or the storage refuses; an older file is left as it was.
        """
        folder = self.at(name).rpartition("/")[0]
        if not isinstance(self.system, pafs.LocalFileSystem):
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
        When nothing installed knows the address.
    """
    text = str(address).rstrip("/")
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
    return Place(system, path.rstrip("/"), text)
