# SPDX-License-Identifier: GPL-2.0-or-later
"""Where downloads, unpacked kernels and built programs are kept between runs."""
import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from pathlib import Path


def folder():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    path = Path(base) / "descry" / "lab"
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def locked(name):
    """One process at a time: two runs started together must not unpack the same kernel into the same folder."""
    locks = folder() / "locks"
    locks.mkdir(exist_ok=True)
    with open(locks / name, "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def made(name, make):
    """The folder `name` of the cache; `make(folder)` fills it once. Half-made folders never show under the name."""
    path = folder() / name
    if path.is_dir():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(name.replace("/", "-")):
        if not path.is_dir():
            half = Path(tempfile.mkdtemp(dir=path.parent, prefix=".half-"))
            try:
                make(half)
                half.rename(path)
            except BaseException:
                shutil.rmtree(half, ignore_errors=True)
                raise
    return path


def digest(*parts):
    total = hashlib.sha256()
    for part in parts:
        total.update(part if isinstance(part, bytes) else str(part).encode())
        total.update(b"\0")
    return total.hexdigest()[:16]
