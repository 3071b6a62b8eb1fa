#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One number has one text: every figure of the tables is the same in text, Markdown and HTML, and is what JSON and CSV have."""
import csv
import io
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from formats_test import CAUSES, Page
from report_case import DESCRY

TRACES = pathlib.Path(os.environ["SOURCE"], "samples", "traces")
SAMPLES = ["pci-blk-swiotlb", "loop-miss", "pci-blk-viommu", "vhost-net-viommu", "pci-blk-lossy"]
LEVELS = {"transport": "transports", "device": "devices", "queue": "queues"}
# Words that a share of nothing has.
WORDS = {"-", "not in path", "0 misses", "not seen", "unknown"}
TIME = r"~?\d[\d.]* (?:ns|us|ms|s)"


def time_text(ns):
    """Three significant digits, by arithmetic of its own: whole tenths, hundredths or thousandths of a unit."""
    if ns < 1000:
        return f"{ns} ns"
    for unit, factor in (("us", 10 ** 3), ("ms", 10 ** 6), ("s", 10 ** 9)):
        value = ns / factor
        if value < 999.5 or unit == "s":
            return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f} {unit}"


class Figures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.work = pathlib.Path(cls.folder.name)
        for sample in SAMPLES:
            subprocess.run(["tar", "-C", cls.work, "--zstd", "--one-top-level=" + sample, "-xf",
                            TRACES / sample / "traces.tar.zst"], check=True)
            done = subprocess.run([DESCRY, "import", "-q", cls.work / sample, "-o", cls.work / f"{sample}.db"],
                                  capture_output=True, text=True)
            assert done.returncode in (0, 3), done.stderr

    def report(self, sample, *arguments):
        done = subprocess.run([DESCRY, "report", self.work / f"{sample}.db", *arguments], capture_output=True, text=True)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        return done.stdout

    def in_text(self, sample, level):
        """Per row: [chains, p50, p99, p99.9, max, shares...]."""
        text = self.report(sample, "--full", "--by", level)
        latency = re.search(r"^Latency .*\n((?:.+\n)+)", text, re.M)[1].splitlines()
        shares = re.search(r"^Share of latency .*\n((?:.+\n)+)", text, re.M)[1].splitlines()
        numbers = re.compile(rf"\s([\d,]+)\s+({TIME})\s+({TIME})\s+({TIME})\s+({TIME})(?: [gh])?$")
        share = r"(?:<?\d+\.\d %|" + "|".join(sorted(WORDS, key=len, reverse=True)) + ")"
        parts = re.compile(r"\s+".join(["", *[f"({share})"] * len(CAUSES)]) + "$")
        rows = [match.groups() for line in latency if (match := numbers.search(line))]
        rest = [match.groups() for line in shares if (match := parts.search(line))]
        self.assertEqual(len(rows), len(rest), text)
        return [list(a + b) for a, b in zip(rows, rest)]

    def in_markdown(self, sample, level):
        text = self.report(sample, "--format", "markdown", "--by", level)
        table = re.search(rf"by {level}\*\*\n\n((?:\|.*\n)+)", text)[1].splitlines()[2:]
        cells = [[cell.strip().replace("\\", "") for cell in line.strip("|").split("|")] for line in table]
        return [row[2:] for row in cells]

    def in_html(self, sample, level):
        page = Page(self.report(sample, "--format", "html"))
        return [[text for text, _ in row[2:]] for row in page.tables[f"Latency and causes by {level}"][1:]]

    def in_json(self, sample, level):
        rows = []
        for row in json.loads(self.report(sample, "--format", "json"))[LEVELS[level]]:
            latency, about = row["latency_ns"], "" if row["exact"] else "~"
            texts = [f"{row['chains']:,}", *(about + time_text(latency[name]) for name in ("p50", "p99", "p999")),
                     time_text(latency["max"])]
            rows.append(texts + [row["causes"][cause]["share"] for cause in CAUSES])
        return rows

    def test_latencies_and_shares_are_the_same_in_every_format(self):
        for sample in SAMPLES:
            for level in LEVELS:
                with self.subTest(sample=sample, level=level):
                    text, wanted = self.in_text(sample, level), self.in_json(sample, level)
                    self.assertGreater(len(text), 0)
                    self.assertEqual(text, self.in_markdown(sample, level))
                    self.assertEqual(text, self.in_html(sample, level))
                    self.assertEqual([row[:5] for row in text], [row[:5] for row in wanted])
                    for shown, shares in zip(text, wanted):
                        for cell, share in zip(shown[5:], shares[5:]):
                            if cell in WORDS:
                                self.assertEqual(share, 0)
                            elif cell.startswith("<"):
                                self.assertTrue(0 < share < 0.0005)
                            else:
                                self.assertAlmostEqual(float(cell.removesuffix(" %")), share * 100, delta=0.0501)

    def test_the_table_of_causes_has_the_numbers_of_the_queues(self):
        for sample in SAMPLES:
            rows = list(csv.DictReader(io.StringIO(self.report(sample, "--table", "causes"))))
            queues = json.loads(self.report(sample, "--format", "json"))["queues"]
            self.assertEqual({(row["device"], row["queue_name"]) for row in rows},
                             {(queue["device"], queue["queue_name"]) for queue in queues})
            for queue in queues:
                of = {row["cause"]: row for row in rows
                      if (row["device"], row["queue_name"]) == (queue["device"], queue["queue_name"])}
                latency = of["latency"]
                self.assertEqual(int(latency["chains"]), queue["chains"])
                for name in ("p50", "p99", "p999", "max"):
                    self.assertEqual(int(latency[name + "_ns"]), queue["latency_ns"][name])
                for cause in CAUSES:
                    self.assertEqual(int(of[cause]["total_ns"]), queue["causes"][cause]["total_ns"])

    def test_misses_are_the_same_in_every_format(self):
        told = 0
        for sample in SAMPLES:
            text, markdown = self.report(sample, "--full"), self.report(sample, "--format", "markdown")
            page = self.report(sample, "--format", "html")
            for device in json.loads(self.report(sample, "--format", "json"))["devices"]:
                if not device["misses"]:
                    continue
                told += 1
                said = f"{device['misses']:,} miss{'' if device['misses'] == 1 else 'es'}"
                for report in (text, markdown, page):
                    self.assertIn(said, re.sub(r"\s+", " ", report), sample)
        self.assertGreater(told, 2)

    def test_the_slowest_chains_are_the_same_in_every_format(self):
        for sample in SAMPLES:
            wanted = [(time_text(chain["total_ns"]), f"{chain['position']:,}")
                      for chain in json.loads(self.report(sample, "--format", "json"))["slowest"]]
            text = self.report(sample, "--full").split("\nSlowest chains\n")[1].splitlines()[1:len(wanted) + 1]
            found = [re.match(rf"\s*({TIME})  .*?\s([\d,]+)[ !] ", line).groups() for line in text]
            self.assertEqual(found, wanted)
            markdown = self.report(sample, "--format", "markdown").split("\n## Slowest chains\n")[1]
            rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown.splitlines() if line[:1] == "|"]
            self.assertEqual([(row[0], row[3]) for row in rows[2:]], wanted)
            table = Page(self.report(sample, "--format", "html")).tables["Slowest chains"]
            self.assertEqual([(row[0][0], row[3][0]) for row in table[1:]], wanted)


if __name__ == "__main__":
    unittest.main()
