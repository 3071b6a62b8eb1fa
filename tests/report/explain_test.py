#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""descry explain against what SQL says of the same chains."""
import re
import subprocess
import unittest

from report_case import DESCRY, WORLDS, ReportCase

UNITS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
# Three digits are printed.
TOLERANCE = 0.006


def ns(number, unit):
    return float(number) * UNITS[unit]


class Story:
    """One chain's story, unwrapped."""

    def __init__(self, text):
        self.lines = text.splitlines()
        self.text = re.sub(r"\s+", " ", text)
        head = re.match(r"(\S+) (\S+) \((.*?)\), chain (\d+): (\S+) (ns|us|ms|s)\b", self.text)
        self.device, self.queue, self.position = head[1], head[2], int(head[4])
        self.total = ns(head[5], head[6])
        where = re.search(r"Where the time went: (.*?)\. [A-Z+]", self.text)[1]
        self.causes = [(match[3], ns(match[1], match[2])) for match in
                       re.finditer(r"([\d.]+) (ns|us|ms|s) of (\w+) \([<\d.]+ %\):", where)]
        key = re.search(r"WHERE queue_id = (\d+) AND epoch = (\d+) AND position = (\d+)", self.text)
        self.key = tuple(map(int, key.groups()))
        self.steps = [ns(match[1], match[2]) for match in
                      (re.match(r" +\+([\d.]+) (ns|us|ms|s) ", line) for line in self.lines) if match]


class Explain(ReportCase):
    CAUSES = ["iotlb", "swiotlb", "ring", "notification", "backend", "unattributed"]

    def explain(self, world, *arguments, code=0):
        done = subprocess.run([DESCRY, "explain", self.database(world), *arguments], capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr if code else [Story(text) for text in done.stdout.split("\n\n")]

    def rows(self, world, condition="1", order="total_ns DESC"):
        # Queues that reports leave out, because only their host was seen while others were seen whole, are left out here.
        columns = ", ".join(f"{cause}_ns" for cause in self.CAUSES)
        return self.connect(world).execute(
            f"SELECT queue_id, epoch, position, device, queue_name, total_ns, {columns} FROM chain_view"
            f" WHERE complete AND queue_id IN (SELECT queue_id FROM cause_view) AND ({condition}) ORDER BY {order}").fetchall()

    def assert_about(self, printed, exact):
        self.assertLessEqual(abs(printed - exact), max(1, exact * TOLERANCE), f"{printed} printed for {exact}")

    def test_the_slowest_come_in_their_order_with_their_latencies(self):
        for world in WORLDS:
            stories = self.explain(world, "--slowest", "8")
            rows = self.rows(world)[:8]
            self.assertEqual([story.key for story in stories], [row[:3] for row in rows], world)
            for story, row in zip(stories, rows):
                self.assertEqual((story.device, story.queue, story.position), (row[3], row[4], row[2]))
                self.assert_about(story.total, row[5])

    def test_the_causes_are_the_columns_and_the_largest_comes_first(self):
        seen = set()
        for world in WORLDS:
            for story in self.explain(world, "--slowest", "20"):
                row = self.rows(world, "queue_id = {} AND epoch = {} AND position = {}".format(*story.key))[0]
                wanted = {cause: value for cause, value in zip(self.CAUSES, row[6:]) if value}
                self.assertEqual({name for name, _ in story.causes}, set(wanted), story.text)
                for name, value in story.causes:
                    self.assert_about(value, wanted[name])
                values = [wanted[name] for name, _ in story.causes]
                self.assertEqual(values, sorted(values, reverse=True))
                seen |= set(wanted)
        self.assertGreaterEqual(seen, {"iotlb", "ring", "notification", "backend"}, "the worlds have these")

    def test_the_steps_never_go_back_and_end_within_the_latency(self):
        for world in WORLDS:
            for story in self.explain(world, "--slowest", "20"):
                self.assertGreaterEqual(len(story.steps), 4, story.text)
                for before, after in zip(story.steps, story.steps[1:]):
                    self.assertLessEqual(before, after * (1 + TOLERANCE), story.text)

    def test_one_chain_by_its_name(self):
        for world in WORLDS:
            row = self.rows(world, order="queue_id, epoch, position")[7]
            story = self.explain(world, "--chain", f"{row[3]}/{row[4]}/{row[1]}/{row[2]}")
            self.assertEqual([each.key for each in story], [row[:3]])

    def test_a_condition_picks_from_what_meets_it(self):
        for world in WORLDS:
            middle = sorted(row[5] for row in self.rows(world))[len(self.rows(world)) // 2]
            stories = self.explain(world, "--where", f"total < {middle}", "--slowest", "3")
            self.assertEqual([story.key for story in stories],
                             [row[:3] for row in self.rows(world, f"total_ns < {middle}")[:3]])
            self.assertIn("no complete chain meets", self.explain(world, "--where", "total < 0", code=1))

    def test_a_device_whose_name_has_quotes_is_found(self):
        name = "it's \"a\" disk"
        connection = self.connect("healthy-blk")
        (before,) = connection.execute("SELECT DISTINCT device FROM chain_view WHERE complete").fetchone()
        self.addCleanup(self.rename, name, before)
        self.rename(before, name)
        row = self.rows("healthy-blk")[0]
        self.assertEqual(row[3], name)
        found = subprocess.run([DESCRY, "explain", self.database("healthy-blk"), "--chain",
                                f"{name}/{row[4]}/{row[1]}/{row[2]}"], capture_output=True, text=True)
        self.assertEqual(found.returncode, 0, found.stderr)
        self.assertIn(f"chain {row[2]}:", found.stdout)
        checked = subprocess.run([DESCRY, "check", self.database("healthy-blk"), "--baseline",
                                  self.database("healthy-blk")], capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        self.assertIn(name.replace("'", "''"), checked.stdout)

    def rename(self, before, after):
        connection = self.connect("healthy-blk")
        connection.execute("UPDATE device SET name = ? WHERE name = ?", (after, before))
        connection.commit()


if __name__ == "__main__":
    unittest.main()
