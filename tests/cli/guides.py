#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs what the guides show: guides.py PROGRAMS SOURCE GUIDE...

In a block of ```console each line that begins with "$ " is a command (with the lines after it that begin with "> "), and
the lines up to the next are what it must print, on either stream; a line "[...]" stands for any lines. All commands of a
guide run in one folder, in which samples and tests are those of the source tree, and in one shell. --update writes what was
printed into the guide instead, but for blocks with "[...]"."""
import os, pathlib, re, subprocess, sys, tempfile

END = "end-of-a-command-of-the-guide"


def blocks(text):
    """(line number, [(command, expected lines)]) of each console block."""
    for match in re.finditer(r"^```console\n(.*?)^```$", text, re.M | re.S):
        steps = []
        for line in match.group(1).splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            elif line.startswith("> ") and steps and not steps[-1][1]:
                steps[-1] = (steps[-1][0] + "\n" + line[2:], [])
            else:
                steps[-1][1].append(line)
        yield text[: match.start()].count("\n") + 1, steps


def printed(commands, programs, source):
    """What each command prints, all in one shell."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("samples", "tests"):
            os.symlink(source / name, pathlib.Path(folder) / name)
        script = "".join(f"{command}\n__code=$?; echo; echo {END}; (exit $__code)\n" for command in commands)
        environment = dict(os.environ, PATH=f"{pathlib.Path(programs).resolve()}:{os.environ['PATH']}", NO_COLOR="1", COLUMNS="80", LC_ALL="C.UTF-8")
        done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, text=True, timeout=250,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    parts = done.stdout.split(f"\n{END}\n")[:-1]
    assert len(parts) == len(commands), done.stdout[-2000:]
    return [part.rstrip("\n").splitlines() for part in parts]


def same(expected, got):
    pattern = "\n".join("(?:.*\n)*.*" if line == "[...]" else re.escape(line.rstrip()) for line in expected)
    return re.fullmatch(pattern, "\n".join(line.rstrip() for line in got)) is not None


def main():
    arguments = sys.argv[1:]
    update = arguments[0] == "--update"
    programs, source, *guides = arguments[update:]
    failures = 0
    for guide in map(pathlib.Path, guides):
        text = guide.read_text()
        found = list(blocks(text))
        steps = [(line, *step) for line, block in found for step in block]
        at = 0
        if not steps:
            sys.exit(f"{guide}: shows no command")
        for (line, command, expected), got in zip(steps, printed([step[1] for step in steps], programs, pathlib.Path(source).resolve())):
            if same(expected, got):
                continue
            if update and "[...]" not in expected:
                shown = "$ " + command.replace("\n", "\n> ") + "\n"
                old, new = (shown + "".join(row + "\n" for row in rows) for rows in (expected, got))
                at = text.index(old, at)
                text = text[:at] + new + text[at + len(old) :]
                at += len(new)
                continue
            failures += 1
            print(f"{guide}:{line}: $ {command}\n--- expected\n" + "\n".join(expected) + "\n--- printed\n" + "\n".join(got))
        if update:
            guide.write_text(text)
    sys.exit(1 if failures else 0)


main()
