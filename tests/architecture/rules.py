#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The dependency rules of docs/architecture.md: rules.py SOURCE_DIRECTORY LINKS_FILE.

LINKS_FILE holds a line `folder|target|library;library...` per CMake target. Prints every breach, exit code 4 if any.
"""
import re
import sys
from pathlib import Path

MAX_LINES = 450
CODE = {".cpp", ".hpp", ".c", ".h"}
SOURCE = CODE | {".py", ".sh", ".sql", ".cmake", ".in"}
SOURCE_NAMES = {"CMakeLists.txt", "aliases.txt"}
SKIPPED_FOLDERS = {".git", "build", "demo-out", "__pycache__"}

# Top-level folder -> those whose headers it may include and whose targets it may need. Tests may use anything.
MAY_USE = {
    "schemas": {"schemas"},
    "analyzer": {"schemas", "analyzer"},
    "collector": {"schemas", "analyzer", "collector"},
    "gui": {"schemas", "analyzer", "gui"},
    "samples": {"schemas", "analyzer", "collector", "samples"},
}

# Headers of a library -> the only folders that may include them.
FOREIGN_HEADERS = [
    (re.compile(r"Q[A-Z]\w*(/.*)?|Qt\w+/.*|.*\bqcustomplot.*"), ("gui/", "tests/gui/", "tests/bench/gui")),
    (re.compile(r"babeltrace2?/.*"), ("collector/source/ctf/",)),
    (re.compile(r"(trace-cmd|traceevent)/.*|event-parse\.h"), ("collector/source/trace_dat/",)),
    (re.compile(r"sqlite3(ext)?\.h"), ("schemas/store/",)),
    (re.compile(r"CLI/.*"), ("analyzer/cli/",)),
    (re.compile(r"gsl/.*"), ("analyzer/compare/",)),
    (re.compile(r"bpf/.*"), ("collector/record/", "collector/probes/")),
    (re.compile(r"capstone/.*|g?elf\.h|libelf\.h"), ("collector/vmm/",)),
    (re.compile(r"archive(_entry)?\.h"), ("collector/import/",)),
    (re.compile(r"lttng/.*"), ("collector/session/", "collector/ust/", "tests/bench/")),
]

# Library -> folders whose targets may need it, directly or through others.
MAY_LINK = {
    "PkgConfig::babeltrace2": ("collector", "samples", "tests"),
    "PkgConfig::tracecmd": ("collector", "samples", "tests"),
    "LTTng::UST": ("collector", "tests"),
}
# Library -> the only target that may link it itself.
OWNER = {
    "CLI11::CLI11": "descry_cli",
    "SQLite::SQLite3": "descry_schemas",
    "PkgConfig::babeltrace2": "descry_source",
    "PkgConfig::tracecmd": "descry_source",
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def source_files(root):
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if SKIPPED_FOLDERS & set(relative.parts) or not path.is_file():
            continue
        if path.suffix in SOURCE or path.name in SOURCE_NAMES or is_script(path):
            yield path, relative.as_posix()


def is_script(path):
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def check_text(name, text):
    lines = text.splitlines()
    first = lines[1:2] if lines and lines[0].startswith("#!") else lines[:1]
    if not first or "SPDX-License-Identifier: GPL-2.0-or-later" not in first[0]:
        yield f"{name}: the first line is not the SPDX line"
    if len(lines) > MAX_LINES:
        yield f"{name}: {len(lines)} lines, more than {MAX_LINES}: split it by what it is about"
    if name.endswith(".hpp") and "#pragma once" not in lines:
        yield f"{name}: no #pragma once"


def includes_of(text):
    for number, line in enumerate(text.splitlines(), 1):
        if match := INCLUDE.match(line):
            yield number, match[1] == "<", match[2]


def check_includes(name, text):
    folder = name.split("/")[0]
    for number, is_foreign, header in includes_of(text):
        for pattern, allowed in FOREIGN_HEADERS:
            if pattern.fullmatch(header) and not name.startswith(allowed):
                yield f"{name}:{number}: includes {header}, which only {' and '.join(allowed)} may"
        if not is_foreign and folder in MAY_USE and header.split("/")[0] not in MAY_USE[folder]:
            yield f"{name}:{number}: includes {header}; {folder}/ may include {', '.join(sorted(MAY_USE[folder]))}"


def arrows(name, text):
    """From folder to folder inside one top-level folder, with the place: once as they are, once for the stage alone."""
    if name.split("/")[0] not in MAY_USE:
        return
    for number, is_foreign, header in includes_of(text):
        if is_foreign or header.split("/")[0] != name.split("/")[0]:
            continue
        for depth in (2, None):
            begin, end = (path.split("/")[:-1][:depth] for path in (name, header))
            if begin != end:
                yield depth, "/".join(begin), "/".join(end), f"{name}:{number}"


def check_circles(all_arrows):
    """Arrows between folders point one way: reports each arrow that closes a circle, once per pair of folders."""
    said = set()
    for depth in (2, None):
        places, targets = {}, {}
        for at, begin, end, place in all_arrows:
            if at == depth:
                places.setdefault((begin, end), place)
                targets.setdefault(begin, set()).add(end)
        for (begin, end), place in sorted(places.items()):
            if begin < end and begin in reached(targets, end) and place not in said:
                said.add(place)
                yield f"{place}: {begin}/ includes {end}/, which leads back to {begin}/: arrows point one way"


def reached(targets, start):
    seen, waiting = set(), [start]
    while waiting:
        for target in targets.get(waiting.pop(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def read_links(text):
    """Target -> (its folder, what it links itself)."""
    links = {}
    for line in text.splitlines():
        folder, target, libraries = line.split("|")
        names = re.findall(r"[\w.+-]+(?:::[\w.+-]+)?", re.sub(r"\$<LINK_ONLY:|>", ";", libraries))
        links[target] = (folder, {name for name in names if not name.endswith("NOTFOUND")})
    return links


def check_links(links):
    for target, (folder, libraries) in links.items():
        for library, owner in OWNER.items():
            if library in libraries and target != owner:
                yield f"target {target} links {library}; only {owner} may"
        top = folder.split("/")[0]
        for library in sorted(reached({name: needs for name, (_, needs) in links.items()}, target)):
            if library in MAY_LINK and top not in MAY_LINK[library]:
                yield f"target {target} in {folder}/ needs {library}; only {', '.join(MAY_LINK[library])} may"
            if library.startswith("Qt6::") and top != "gui" and folder != "tests/gui" and target != "gui_bench":
                yield f"target {target} in {folder}/ needs {library}; only gui/ may"
            other = links.get(library, ("",))[0].split("/")[0]
            if other and top in MAY_USE and other not in MAY_USE[top]:
                yield f"target {target} in {folder}/ needs {library} of {other}/"


def breaches(root, links_text):
    files, found = 0, []
    for path, name in source_files(root):
        files += 1
        text = path.read_text(encoding="utf-8")
        yield from check_text(name, text)
        if path.suffix in CODE:
            yield from check_includes(name, text)
            found.extend(arrows(name, text))
    yield from check_circles(found)
    if files == 0:
        yield f"{root}: no source file found"
    links = read_links(links_text)
    for library in [*OWNER.values(), "descry_analyzer"]:
        if library not in links:
            yield f"the list of links has no target {library}"
    yield from check_links(links)


def main():
    found = list(breaches(Path(sys.argv[1]), Path(sys.argv[2]).read_text(encoding="utf-8")))
    for line in found:
        print(line)
    return 4 if found else 0


if __name__ == "__main__":
    sys.exit(main())
