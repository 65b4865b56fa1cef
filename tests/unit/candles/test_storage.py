import errno
import os
import resource
import subprocess
import sys
import uuid

import pytest

from cracktrader.candles.storage import FsspecStorage, LocalStorage, open_storage
from cracktrader.errors import DataError


@pytest.fixture(params=["local", "memory"])
def storage(request, tmp_path):
    root = tmp_path / "root" if request.param == "local" else f"memory://{uuid.uuid4().hex}/root"
    return open_storage(root)


def test_what_was_written_is_read(storage):
    storage.write("a/b/x", b"old")
    storage.write("a/b/x", b"new")
    storage.sync("a/b")
    assert storage.read("a/b/x") == b"new"
    assert storage.files("a/b") == ["x"]


def test_what_is_not_there_is_not_found(storage):
    with pytest.raises(FileNotFoundError):
        storage.read("a/x")
    assert storage.files("a") == []
    assert storage.find(2, "x") == []


def test_what_was_deleted_is_gone(storage):
    storage.write("a/x", b"1")
    storage.delete("a/x")
    storage.delete("a/x")
    assert storage.files("a") == []


def test_files_are_found_by_depth_and_name(storage):
    for path in ("b/c/x", "a/b/x", "a/b/y", "a/x", "a/b/c/x"):
        storage.write(path, b"1")
    assert storage.find(2, "x") == ["a/b/x", "b/c/x"]
    assert storage.files("a") == ["x"]


def test_a_folder_can_be_locked_again_after_use(storage):
    for _ in range(2):
        with storage.lock("a", timeout_s=0):
            storage.write("a/x", b"1")


def test_local_urls_and_home_are_local(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert open_storage("~/candles").root == str(tmp_path / "candles")
    assert open_storage(f"file://{tmp_path}").root == str(tmp_path)
    assert isinstance(open_storage("memory://x"), FsspecStorage)
    assert open_storage("memory://x").root == "memory://x"


def test_an_unknown_protocol_is_refused():
    with pytest.raises(DataError, match=r'cannot open the archive "nope://x"'):
        open_storage("nope://x")


def test_one_writer_at_a_time(tmp_path):
    storage = LocalStorage(tmp_path)
    with (
        storage.lock("a", timeout_s=0),
        pytest.raises(DataError, match="another process has been writing"),
        storage.lock("a", timeout_s=0.03),
    ):
        pass
    with storage.lock("a", timeout_s=0), storage.lock("b", timeout_s=0):
        pass


def test_the_lock_of_a_killed_writer_is_free(tmp_path):
    code = (
        "import os, signal, sys; from cracktrader.candles.storage import open_storage\n"
        "s = open_storage(sys.argv[1])\n"
        "with s.lock('a', timeout_s=0):\n"
        "    open(sys.argv[1] + '/a/.x.tmp', 'w').close()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)  # noqa: S603
    assert (tmp_path / "a" / ".x.tmp").exists()
    with LocalStorage(tmp_path).lock("a", timeout_s=0):
        assert not (tmp_path / "a" / ".x.tmp").exists()


class FullDisk(LocalStorage):
    def _write_through(self, path, content):
        path.write_bytes(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_keeps_the_old_file(tmp_path):
    LocalStorage(tmp_path).write("a/x", b"old")
    with pytest.raises(DataError, match=r'cannot write ".*a/x": No space left on device'):
        FullDisk(tmp_path).write("a/x", b"a longer new one")
    assert LocalStorage(tmp_path).read("a/x") == b"old"
    assert os.listdir(tmp_path / "a") == ["x"]  # noqa: PTH208


def test_a_file_size_limit_keeps_the_old_file(tmp_path):
    storage = LocalStorage(tmp_path)
    storage.write("x", b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(DataError, match="File too large"):
            storage.write("x", bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert storage.read("x") == b"old"


def test_a_file_where_a_folder_should_be_is_named(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    storage = LocalStorage(tmp_path)
    with pytest.raises(FileNotFoundError):
        storage.read("a/b/x")
    with pytest.raises(DataError, match=r'cannot write ".*/a/b/x": Not a directory'):
        storage.write("a/b/x", b"1")
    with pytest.raises(DataError, match="cannot write"), storage.lock("a", timeout_s=0):
        pass
    with pytest.raises(DataError, match="cannot sync"):
        storage.sync("a")
    storage.delete("a/b")
    assert storage.files("a") == []


def test_a_folder_where_a_file_should_be_is_named(tmp_path):
    (tmp_path / "a" / "x").mkdir(parents=True)
    storage = LocalStorage(tmp_path)
    with pytest.raises(DataError, match=r'cannot read ".*/a/x": Is a directory'):
        storage.read("a/x")
    with pytest.raises(DataError, match=r'cannot delete ".*/a/x"'):
        storage.delete("a/x")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_named_and_readable(tmp_path):
    LocalStorage(tmp_path).write("a/x", b"old")
    (tmp_path / "a").chmod(0o555)
    with pytest.raises(DataError, match="Permission denied"):
        LocalStorage(tmp_path).write("a/x", b"new")
    assert LocalStorage(tmp_path).read("a/x") == b"old"


def test_a_folder_that_may_not_be_listed_is_named(tmp_path):
    class Closed(type(tmp_path)):
        def iterdir(self):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    storage = LocalStorage(Closed(tmp_path))
    with pytest.raises(DataError, match="Permission denied"):
        storage.files("")


def test_trouble_with_a_remote_archive_names_the_url():
    storage = FsspecStorage("memory://trouble")

    class Broken:
        def __getattr__(self, name):
            def fail(*_args, **_kwargs):
                raise PermissionError(errno.EACCES, "Access denied")

            return fail

    storage._files = Broken()
    for call in (
        lambda: storage.read("a/x"),
        lambda: storage.write("a/x", b""),
        lambda: storage.delete("a/x"),
        lambda: storage.files("a"),
        lambda: storage.find(1, "x"),
    ):
        with pytest.raises(DataError, match=r'"memory://trouble/.*": Access denied'):
            call()
