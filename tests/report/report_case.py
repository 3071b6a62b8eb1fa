#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of reports share: a simulated world's database, and running descry."""
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import unittest

DESCRY = os.environ["DESCRY"]
SIMULATE = os.environ["SIMULATE"]
SCENARIOS = pathlib.Path(os.environ["SOURCE"], "samples", "simulate", "scenarios")
# One with a finding, a healthy one, one that lost events, one with several queues.
WORLDS = ["needless-translation", "healthy-blk", "lossy-host", "packed-mq"]


class ReportCase(unittest.TestCase):
    """The databases of WORLDS, made once per test class."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.work = pathlib.Path(cls.folder.name)
        for world in WORLDS:
            done = subprocess.run([SIMULATE, SCENARIOS / f"{world}.txt", "-o", cls.work / f"{world}.db"],
                                  capture_output=True, text=True)
            assert done.returncode in (0, 3), done.stderr

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def database(self, world):
        return self.work / f"{world}.db"

    def run_report(self, *arguments, codes=(0, 3)):
        done = subprocess.run([DESCRY, "report", *map(str, arguments)], capture_output=True, cwd=self.work)
        self.assertIn(done.returncode, codes, f"{arguments}: {done.stderr.decode()}")
        return done

    def report(self, world, *arguments):
        return self.run_report(self.database(world), *arguments).stdout.decode("utf-8")

    def connect(self, world):
        connection = sqlite3.connect(self.database(world))
        self.addCleanup(connection.close)
        return connection
