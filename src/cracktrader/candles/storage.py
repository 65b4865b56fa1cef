"""Where the archive's bytes lie: a local folder, or anything fsspec can reach.

A write replaces a file whole or not at all. On local disks it is durable once `sync` has
returned, and one process at a time may write a folder; object stores have neither an
order of writes nor locks, so there it is up to the user to run one writer per series.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final, Protocol

from cracktrader.errors import DataError

_LOCK_POLL_S: Final = 0.02
_TEMPORARY: Final = ".tmp"
_LOCK: Final = ".lock"


class Storage(Protocol):
    """Files below one root, named by relative paths with ``/``."""

    @property
    def root(self) -> str:
        """The root as the user may know it."""
        ...

    def read(self, path: str) -> bytes:
        """Return the bytes of *path*.

        Raises:
            FileNotFoundError: if it does not exist.
            DataError: if it cannot be read.
        """
        ...

    def write(self, path: str, content: bytes) -> None:
        """Replace *path* whole; whoever reads meanwhile sees the old or the new bytes.

        Raises:
            DataError: if it cannot be written; the old file is still there.
        """
        ...

    def delete(self, path: str) -> None:
        """Remove *path*; nothing happens if it does not exist."""
        ...

    def sync(self, folder: str) -> None:
        """Make what was written to *folder* survive a loss of power."""
        ...

    def find(self, depth: int, name: str) -> list[str]:
        """Return, sorted, the files called *name* that lie *depth* folders below the root."""
        ...

    def files(self, folder: str) -> list[str]:
        """Return, sorted, the names of the visible files in *folder*."""
        ...

    def lock(self, folder: str, *, timeout_s: float) -> contextlib.AbstractContextManager[None]:
        """Keep other writers out of *folder*.

        Raises:
            DataError: if another one stays in for longer than *timeout_s*.
        """
        ...


def open_storage(root: str | Path) -> Storage:
    """Open a local folder or an fsspec URL; nothing is created yet."""
    text = str(root)
    if "://" not in text:
        return LocalStorage(Path(text).expanduser())
    if text.startswith(("file://", "local://")):
        return LocalStorage(Path(text.partition("://")[2]))
    return FsspecStorage(text)


class LocalStorage:
    """A folder on a local disk."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    @property
    def root(self) -> str:
        return str(self._root)

    def read(self, path: str) -> bytes:
        try:
            return (self._root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError) as exc:
            raise FileNotFoundError(str(self._root / path)) from exc
        except OSError as exc:
            raise _cannot("read", self._root / path, exc) from exc

    def write(self, path: str, content: bytes) -> None:
        target = self._root / path
        temporary = target.with_name(f".{target.name}{_TEMPORARY}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._write_through(temporary, content)
            temporary.replace(target)
        except OSError as exc:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise _cannot("write", target, exc) from exc

    def _write_through(self, path: Path, content: bytes) -> None:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def delete(self, path: str) -> None:
        try:
            (self._root / path).unlink(missing_ok=True)
        except NotADirectoryError:
            return
        except OSError as exc:
            raise _cannot("delete", self._root / path, exc) from exc

    def sync(self, folder: str) -> None:
        try:
            handle = os.open(self._root / folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as exc:
            raise _cannot("sync", self._root / folder, exc) from exc

    def find(self, depth: int, name: str) -> list[str]:
        found = self._root.glob("/".join(["*"] * depth + [name]))
        return sorted(path.relative_to(self._root).as_posix() for path in found)

    def files(self, folder: str) -> list[str]:
        try:
            entries = list((self._root / folder).iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as exc:
            raise _cannot("read", self._root / folder, exc) from exc
        return sorted(e.name for e in entries if e.is_file() and not e.name.startswith("."))

    @contextlib.contextmanager
    def lock(self, folder: str, *, timeout_s: float) -> Iterator[None]:
        path = self._root / folder / _LOCK
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as exc:
            raise _cannot("write", path.parent, exc) from exc
        try:
            _wait_for_lock(handle, path.parent, timeout_s)
            self._drop_leftovers(path.parent)
            yield
        finally:
            os.close(handle)  # releases the lock, as the end of the process does

    def _drop_leftovers(self, folder: Path) -> None:
        """Remove what a writer that was killed has left behind."""
        for leftover in folder.glob(f".*{_TEMPORARY}"):
            with contextlib.suppress(OSError):
                leftover.unlink()


class FsspecStorage:
    """Any file system fsspec knows, by URL."""

    def __init__(self, url: str) -> None:
        import fsspec  # noqa: PLC0415  (only remote archives pay for it)

        try:
            self._files, path = fsspec.core.url_to_fs(url)
        except (ValueError, ImportError) as exc:
            raise DataError(f'cannot open the archive "{url}": {exc}') from exc
        self._base = PurePosixPath(path)
        self._url = url

    @property
    def root(self) -> str:
        return self._url

    def read(self, path: str) -> bytes:
        with self._named("read", path):
            content: bytes = self._files.cat_file(self._at(path))
            return content

    def write(self, path: str, content: bytes) -> None:
        with self._named("write", path):
            self._files.makedirs(str((self._base / path).parent), exist_ok=True)
            self._files.pipe_file(self._at(path), content)

    def delete(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError), self._named("delete", path):
            self._files.rm_file(self._at(path))

    def sync(self, folder: str) -> None:
        """Nothing to do: an object is durable once its upload was acknowledged."""

    def find(self, depth: int, name: str) -> list[str]:
        pattern = self._at("/".join(["*"] * depth + [name]))
        with self._named("read", ""):
            found: list[str] = self._files.glob(pattern)
        depth_of_root = len(self._base.parts)
        return sorted("/".join(PurePosixPath(p).parts[depth_of_root:]) for p in found)

    def files(self, folder: str) -> list[str]:
        try:
            with self._named("read", folder):
                entries: list[dict[str, Any]] = self._files.ls(self._at(folder), detail=True)
        except FileNotFoundError:
            return []
        return sorted(PurePosixPath(e["name"]).name for e in entries if e["type"] == "file")

    @contextlib.contextmanager
    def lock(self, folder: str, *, timeout_s: float) -> Iterator[None]:
        yield

    def _at(self, path: str) -> str:
        return str(self._base / path)

    @contextlib.contextmanager
    def _named(self, verb: str, path: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as exc:
            raise _cannot(verb, f"{self._url}/{path}", exc) from exc


def _wait_for_lock(handle: int, folder: Path, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise DataError(
                    f'another process has been writing "{folder}" for more than {timeout_s:g} s; '
                    "wait for it to finish or stop it, then try again"
                ) from None
            time.sleep(_LOCK_POLL_S)
        else:
            return


def _cannot(verb: str, path: object, exc: OSError) -> DataError:
    return DataError(f'cannot {verb} "{path}": {exc.strerror or exc}')
