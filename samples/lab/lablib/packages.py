# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian packages of any architecture, fetched with apt into the lab's cache; nothing is installed."""
import fnmatch
import os
import shutil
import subprocess
import tarfile
import urllib.parse
from pathlib import Path

from . import cache
from .errors import Unavailable

SUITES = {
    "bookworm": (
        "http://deb.debian.org/debian bookworm main",
        "http://deb.debian.org/debian-security bookworm-security main",
    ),
    "trixie": ("http://deb.debian.org/debian trixie main",),
    "trixie-backports": ("http://deb.debian.org/debian trixie-backports main",),
}
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


class Archive:
    """Debian's archive as one architecture and release sees it, with an apt state of its own."""

    def __init__(self, arch, release="bookworm"):
        self.arch, self.release = arch, release
        self.root = cache.folder() / "apt" / f"{release}-{arch}"
        self._listed = False

    def _list(self):
        if self._listed:
            return
        for folder in ("lists/partial", "cache/archives/partial", "debs"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "status").touch()
        (self.root / "sources.list").write_text(
            "".join(f"deb [signed-by={KEYRING}] {suite}\n" for suite in SUITES[self.release])
        )
        (self.root / "apt.conf").write_text(
            f'APT::Architecture "{self.arch}";\nAPT::Architectures {{"{self.arch}";}};\nDir::State "{self.root}";\n'
            f'Dir::State::lists "{self.root}/lists";\nDir::State::status "{self.root}/status";\n'
            f'Dir::Cache "{self.root}/cache";\nDir::Etc::SourceList "{self.root}/sources.list";\n'
            'Dir::Etc::SourceParts "/dev/null";\nDir::Etc::Preferences "/dev/null";\n'
            'Dir::Etc::PreferencesParts "/dev/null";\nAcquire::Languages "none";\nAPT::Sandbox::User "root";\n'
        )
        with cache.locked(f"apt-{self.release}-{self.arch}"):
            result = run(["apt-get", "-c", str(self.root / "apt.conf"), "-qq", "update"])
        if result.returncode != 0:
            raise Unavailable(f"Debian's package lists for {self.arch} cannot be had: {last_line(result.stderr)}")
        self._listed = True

    def records(self, package):
        """Version -> fields of every version that the release holds."""
        self._list()
        result = run(["apt-cache", "-c", str(self.root / "apt.conf"), "show", package])
        found = {}
        for text in result.stdout.split("\n\n"):
            fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line and line[0] != " ")
            if "Version" in fields:
                found[fields["Version"]] = fields
        if not found:
            raise Unavailable(f"Debian {self.release} has no package {package} for {self.arch}")
        return found

    def names(self, prefix):
        """The packages of the release whose name begins so."""
        self._list()
        return run(["apt-cache", "-c", str(self.root / "apt.conf"), "pkgnames", prefix]).stdout.split()

    def unpacked(self, package, version=None, only=()):
        """The folder with the package's files; with `only`, just those path patterns."""
        if version is None:
            version = newest(self.records(package))
        key = f"packages/{self.arch}/{package}_{urllib.parse.quote(version, safe='')}"
        key += f"-{cache.digest(*only)}" if only else ""
        return cache.made(key, lambda folder: self._unpack(package, version, only, folder))

    def tree(self, packages):
        """The folder with the files of the packages and of all that they depend on."""
        return cache.made(f"trees/{self.arch}-{cache.digest(*packages)}", lambda folder: self._grow(packages, folder))

    def _grow(self, packages, folder):
        self._list()
        debs = folder / "deb"
        (debs / "partial").mkdir(parents=True)
        command = ["apt-get", "-c", str(self.root / "apt.conf"), "-qq", "-y", "--no-install-recommends"]
        command += ["--download-only", "-o", f"Dir::Cache::archives={debs}", "install", *packages]
        result = run(command)
        if result.returncode != 0:
            raise Unavailable(f"packages for {self.arch} cannot be downloaded: {last_line(result.stderr)}")
        for deb in debs.glob("*.deb"):
            run(["dpkg-deb", "-x", str(deb), str(folder)])
        shutil.rmtree(debs)
        _make_links_relative(folder)

    def _unpack(self, package, version, only, folder):
        self._list()
        debs = folder / "deb"
        debs.mkdir()
        result = run(
            ["apt-get", "-c", str(self.root / "apt.conf"), "-qq", "download", f"{package}={version}"], cwd=debs
        )
        files = list(debs.glob("*.deb"))
        if result.returncode != 0 or len(files) != 1:
            raise Unavailable(f"the package {package} {version} cannot be downloaded: {last_line(result.stderr)}")
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(files[0])], stdout=subprocess.PIPE) as content:
            with tarfile.open(fileobj=content.stdout, mode="r|") as archive:
                for member in archive:
                    if not only or any(fnmatch.fnmatch(member.name, pattern) for pattern in only):
                        archive.extract(member, folder)
        files[0].unlink()
        debs.rmdir()


def _make_links_relative(root):
    """Links of packages lead to the root of the system that they are installed in; here that is a folder."""
    for place, folders, files in os.walk(root):
        for path in (Path(place) / name for name in (*folders, *files)):
            if path.is_symlink() and (target := os.readlink(path)).startswith("/"):
                path.unlink()
                path.symlink_to(os.path.relpath(f"{root}{target}", place))


def newest(versions):
    best = None
    for version in versions:
        if best is None or run(["dpkg", "--compare-versions", version, "gt", best]).returncode == 0:
            best = version
    return best


def last_line(text):
    lines = [line for line in text.strip().splitlines() if line]
    return lines[-1] if lines else "no reason was given"
