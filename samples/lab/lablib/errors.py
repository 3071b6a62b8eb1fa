# SPDX-License-Identifier: GPL-2.0-or-later
"""How the lab ends: the exit codes of descry, and 77 where something that is not part of descry is not to be had."""

DONE, FAILED, USAGE, LOSS, CHECK_FAILED, UNAVAILABLE = 0, 1, 2, 3, 4, 77


class LabError(Exception):
    """Something went wrong; the message says what was found and what to do."""

    code = FAILED


class UsageError(LabError):
    code = USAGE


class Unavailable(LabError):
    """A kernel, a package or a source cannot be had here: a reason to skip, not a failure."""

    code = UNAVAILABLE
