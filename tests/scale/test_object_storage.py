"""Archive and digest in object storage, over sockets to a server that speaks S3 and checks who asks."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pandas as pd
import pyarrow.fs as pafs
import pytest
from command_line import run_here
from object_storage import object_storage

import shortimize_analytics as sa
from conftest import GROUPS, in_one
from shortimize_analytics.errors import ArchiveError, InvalidParameterError


@pytest.fixture(scope="module")
def server():
    with object_storage("lake") as environment:
        yield environment


@pytest.fixture
def storage(lab, server, monkeypatch):
    """The archive of `lab` in a bucket, and the environment of somebody who may use it."""
    for name, value in server.items():
        monkeypatch.setenv(name, value)
    bucket = pafs.FileSystem.from_uri("s3://lake")[0]
    if not (lab.folder / "copied").exists():
        pafs.copy_files(str(lab.archive), "lake/archive", destination_filesystem=bucket)
        (lab.folder / "copied").touch()
    return bucket


def test_a_digest_in_a_bucket_is_that_of_a_disk_and_half_an_object_is_none(lab, whole, storage, tmp_path):
    options = {"out": "s3://lake/digest", "groups": GROUPS}
    told = sa.scale.digest("s3://lake/archive", lab.videos, **options)
    assert (told.parts, told.rows, told.reused) == (whole.told.parts, lab.rows, 0)
    pafs.copy_files("lake/digest", str(tmp_path), source_filesystem=storage)
    assert in_one(tmp_path).equals(in_one(whole.folder))
    part = next(tmp_path.glob("part-*"))
    with storage.open_output_stream(f"lake/digest/{part.name}") as file:
        file.write(part.read_bytes()[:1000])
    with pytest.raises(ArchiveError, match="digest anew"):
        sa.scale.read_digest("s3://lake/digest", lab.videos)
    again = sa.scale.digest("s3://lake/archive", lab.videos, **options)
    assert again.reused == again.parts - 1
    lab.videos.to_parquet(tmp_path / "videos.parquet")
    given = ["--videos", tmp_path / "videos.parquet", "--quiet", "-o", tmp_path / "ranked.parquet"]
    done = run_here("scale", "outliers", "s3://lake/digest", *given)
    assert done.returncode == 0, done.stderr
    assert pd.read_parquet(tmp_path / "ranked.parquet")["ad_id"].equals(lab.expected["ranked"]["ad_id"])


def test_processes_of_their_own_read_the_bucket_and_write_to_it_with_keys_from_the_environment(
    lab, whole, storage, tmp_path
):
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        told = sa.scale.digest("s3://lake/archive", lab.videos, out="s3://lake/pooled", groups=GROUPS, executor=pool)
    assert (told.parts, told.reused) == (whole.told.parts, 0)
    pafs.copy_files("lake/pooled", str(tmp_path), source_filesystem=storage)
    assert in_one(tmp_path).equals(in_one(whole.folder))


def test_a_wrong_bucket_or_key_is_one_sentence_without_any_secret(lab, storage, tmp_path, monkeypatch):
    with pytest.raises(ArchiveError, match="s3://nowhere/archive holds no archive"):
        sa.scale.digest("s3://nowhere/archive", lab.videos, out=tmp_path)
    with pytest.raises(
        ArchiveError, match=r"s3://nowhere/digest cannot be written .*NO_SUCH_BUCKET.*look at the address"
    ):
        sa.scale.digest("s3://lake/archive", lab.videos, out="s3://nowhere/digest")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-somebody-else")
    with pytest.raises(ArchiveError, match=r"s3://lake/archive cannot be read .*AWS_SECRET_ACCESS_KEY") as found:
        sa.scale.digest("s3://lake/archive", lab.videos, out=tmp_path)
    assert "of-somebody-else" not in str(found.value)
    for address in ("s3://an-id:a-secret@lake/archive", "s3://lake/archive?secret_key=a-secret"):
        with pytest.raises(InvalidParameterError, match="a key stands in the address") as refused:
            sa.scale.digest(address, lab.videos, out=tmp_path)
        assert "a-secret" not in str(refused.value)
