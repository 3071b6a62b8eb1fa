#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every format can be read by what reads such files, and says the numbers that the JSON report and the database have."""
import csv
import html.parser
import io
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import unittest
import xml.etree.ElementTree as xml

from report_case import DESCRY, WORLDS, ReportCase

CAUSES = ["iotlb", "swiotlb", "ring", "notification", "backend", "unattributed"]
TABLES = {"causes": "cause_view", "chains": "chain_view", "devices": "device_view", "queues": "queue_view",
          "findings": "finding_view", "misses": "miss_view", "doorbells": "doorbell_view",
          "interrupts": "interrupt_view", "captures": "health_view", "clock": "clock_view", "losses": "loss_view", "probes": "probe_cost_view",
          "anomalies": "anomaly_view", "unpaired": "unpaired_view"}
FORMATS = ["text", "markdown", "html", "csv", "json", "junit"]


def nanoseconds(text):
    """What a time for people stands for: (value, how far off rounding to its digits may be)."""
    number, unit = text.split()
    factor = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}[unit]
    decimals = len(number.partition(".")[2])
    return float(number) * factor, 0.5 * factor / 10 ** decimals


class Page(html.parser.HTMLParser):
    """Tables (rows of (text, attributes)), figures and what the page refers to."""
    VOID = {"meta", "link", "br", "rect", "path"}

    def __init__(self, text):
        super().__init__()
        self.open, self.tables, self.caption, self.links, self.sql = [], {}, "", [], []
        self.figures = []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.links += [attributes[name] for name in ("src", "href", "action", "xlink:href") if name in attributes]
        if tag == "table":
            self.rows = []
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append(["", attributes])
        elif tag == "caption":
            self.caption = ""
        elif tag == "script" and attributes.get("type") == "application/json":
            self.figures.append("")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()
        if tag == "table":
            self.tables[self.caption] = self.rows

    def handle_data(self, data):
        if "caption" in self.open:
            self.caption += data
        elif self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1][0] += data
        elif self.open and self.open[-1] == "script" and self.figures and self.open.count("figure"):
            self.figures[-1] += data


class Formats(ReportCase):
    def json(self, world):
        return json.loads(self.report(world, "--format", "json"))

    def test_the_same_case_gives_the_same_bytes(self):
        for world in WORLDS:
            for format in FORMATS:
                self.assertEqual(self.report(world, "--format", format), self.report(world, "--format", format))

    def test_the_name_of_the_output_says_the_format(self):
        for name, begin in (("r.md", "# "), ("r.html", "<!DOCTYPE html>"), ("r.csv", "vm,"), ("r.json", "{"),
                            ("r.xml", "<?xml"), ("r.txt", "virtio0"), ("r.other", "virtio0")):
            self.run_report(self.database("healthy-blk"), "-o", name)
            self.assertTrue((self.work / name).read_text().startswith(begin), name)

    def test_csv_has_every_row_of_its_view(self):
        for world in WORLDS:
            connection = self.connect(world)
            for table, view in TABLES.items():
                text = self.report(world, "--table", table)
                rows = list(csv.reader(io.StringIO(text)))
                cursor = connection.execute(f"SELECT * FROM {view}")
                self.assertEqual(rows[0], [column[0] for column in cursor.description])
                wanted = [["" if value is None else value for value in row] for row in cursor]
                real = {i for row in wanted for i, value in enumerate(row) if isinstance(value, float)}
                found = [[float(v) if i in real and v else v for i, v in enumerate(row)] for row in rows[1:]]
                in_words = [[v if isinstance(v, float) else str(v) for v in row] for row in wanted]
                self.assertEqual(sorted(map(str, found)), sorted(map(str, in_words)), f"{world} {table}")

    def test_csv_is_refused_for_a_table_that_is_none(self):
        self.run_report(self.database("healthy-blk"), "--table", "nonsense", codes=(2,))
        self.run_report(self.database("healthy-blk"), "--table", "chains", "--format", "json", codes=(2,))

    def test_junit_fails_exactly_the_rules_that_found_something(self):
        for world in WORLDS:
            root = xml.fromstring(self.report(world, "--format", "junit"))
            self.assertEqual(root.tag, "testsuites")
            failed, tests = [], 0
            for suite in root:
                self.assertEqual(suite.tag, "testsuite")
                cases = suite.findall("testcase")
                self.assertEqual(int(suite.get("tests")), len(cases))
                self.assertEqual(int(suite.get("failures")), len(suite.findall("testcase/failure")))
                self.assertEqual(len({case.get("name") for case in cases}), len(cases), "a name twice")
                tests += len(cases)
                for case in cases:
                    self.assertEqual(case.get("classname"), "descry." + suite.get("name"))
                    if case.find("failure") is not None:
                        self.assertTrue(case.find("failure").get("message"))
                        failed.append((case.get("name"), suite.get("name")))
            self.assertEqual(int(root.get("tests")), tests)
            self.assertEqual(int(root.get("failures")), len(failed))
            found = {(f["rule"], f"{f['vm']}/{f['device']}" if f["device"] else "case")
                     for f in self.json(world)["findings"] if f["severity"] != "info"}
            self.assertEqual(set(failed), found, world)
            devices = {f"{d['vm']}/{d['device']}" for d in self.json(world)["devices"]}
            self.assertLessEqual(devices | {"case"}, {suite.get("name") for suite in root})

    def test_a_finding_fails_and_a_healthy_case_passes(self):
        self.assertIn('<failure type="', self.report("needless-translation", "--format", "junit"))
        self.assertNotIn("<failure", self.report("healthy-blk", "--format", "junit"))

    def test_junit_skips_exactly_the_rules_that_could_not_judge(self):
        for world in WORLDS:
            root, skipped = xml.fromstring(self.report(world, "--format", "junit")), set()
            for suite in root:
                cases = suite.findall("testcase/skipped")
                self.assertEqual(int(suite.get("skipped")), len(cases))
                skipped |= {(suite.get("name"), case.get("name"), case.find("skipped").get("message"))
                            for case in suite if case.find("skipped") is not None}
            self.assertEqual(int(root.get("skipped")), len(skipped))
            connection = self.connect(world)
            reasons = {(f"{vm}/{device}" if device else "case", rule, reason) for vm, device, rule, reason in connection.execute(
                "SELECT d.vm, d.device, u.rule, u.reason FROM unjudged u LEFT JOIN device_view d"
                " ON coalesce(d.guest_device_id, d.host_device_id) = u.device_id WHERE u.queue_id = 0")}
            about_queues = {rule for (rule,) in connection.execute("SELECT rule FROM unjudged WHERE queue_id <> 0")}
            self.assertEqual({entry for entry in skipped if entry[1] not in about_queues}, reasons, world)

    def test_junit_of_a_guest_alone_skips_what_only_the_host_sees(self):
        path = self.work / "guest-alone.db"
        shutil.copy(self.database("healthy-blk"), path)
        connection = sqlite3.connect(path)
        connection.executescript("""
            DELETE FROM host_half; DELETE FROM iotlb_miss;
            DELETE FROM device WHERE capture_id IN (SELECT capture_id FROM capture WHERE side = 'host');
            DELETE FROM queue WHERE device_id NOT IN (SELECT device_id FROM device);
            DELETE FROM queue_epoch WHERE queue_id NOT IN (SELECT queue_id FROM queue);""")
        connection.close()
        self.assertIn(subprocess.run([DESCRY, "analyze", "-q", path]).returncode, (0, 3))
        root = xml.fromstring(self.run_report(path, "--format", "junit", codes=(0, 3)).stdout.decode())
        for rule in ("iotlb-misses", "backend-dominates", "slow-wakeup"):
            messages = [case.find("skipped").get("message") for case in root.iter("testcase") if case.get("name") == rule]
            self.assertEqual(len(messages), 1)
            self.assertIn("the host was not recorded", messages[0])

    def test_markdown_tables_are_whole_and_say_the_numbers_of_the_json_report(self):
        for world in WORLDS:
            for level, key in (("transport", "transports"), ("device", "devices"), ("queue", "queues")):
                text = self.report(world, "--format", "markdown", "--by", level)
                table = re.search(rf"Latency and causes by {level}\*\*\n\n((?:\|.*\n)+)", text)[1].splitlines()
                cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
                self.assertEqual({len(row) for row in cells}, {13}, "a row of another length")
                rows = self.json(world)[key]
                self.assertEqual(len(cells), len(rows) + 2)
                for row, want in zip(cells[2:], rows):
                    self.assertEqual(int(row[2].replace(",", "")), want["chains"])
                    for cell, name in zip(row[3:7], ("p50", "p99", "p999", "max")):
                        value, off = nanoseconds(cell.removeprefix(r"\~"))
                        self.assertAlmostEqual(value, want["latency_ns"][name], delta=off * 1.0001)
                    for cell, cause in zip(row[7:], CAUSES):
                        if cell.endswith("%") and not cell.startswith("<"):
                            share = want["causes"][cause]["share"]
                            self.assertAlmostEqual(float(cell[:-2]) / 100, share, delta=0.00051)
                self.assertEqual(text.count("### "), len(self.json(world)["findings"]))

    def test_names_cannot_become_markup(self):
        hostile = "<b>|`x`*_[a](b)&\u0007\""
        path = self.work / "hostile.db"
        shutil.copy(self.database("healthy-blk"), path)
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE device SET name = ?", (hostile,))
        connection.close()
        page = self.run_report(path, "--format", "html").stdout.decode()
        Page(page)
        self.assertNotIn("<b>|", page)
        self.assertNotIn("</script><", page.replace("</script></figure>", "").replace("</script>\n<", ""))
        xml.fromstring(self.run_report(path, "--format", "junit").stdout.decode())
        self.assertIn(r"\<b\>\|\`x\`\*", self.run_report(path, "--format", "markdown").stdout.decode())


class Html(ReportCase):
    def page(self, world):
        return Page(self.report(world, "--format", "html"))

    def test_the_page_refers_to_nothing_outside_of_it(self):
        for world in WORLDS:
            text = self.report(world, "--format", "html")
            for link in Page(text).links:
                self.assertTrue(link.startswith("#") or link == "data:,", link)
            self.assertNotRegex(re.sub(r"<script>.*?</script>", "", text, flags=re.S), r"@import|url\((?!#)")
            self.assertIn("default-src 'none'", text)

    def test_every_number_is_what_its_sql_returns(self):
        for world in WORLDS:
            connection, count = self.connect(world), 0
            for caption, rows in self.page(world).tables.items():
                for row in rows[1:]:
                    for text, attributes in row:
                        if "data-sql" not in attributes:
                            continue
                        value, = connection.execute(attributes["data-sql"]).fetchone()
                        self.assertAlmostEqual(float(attributes["data-v"]), value, delta=1.1e-6 if value < 1 else 0,
                                               msg=f"{world}, {caption}: {attributes['data-sql']}")
                        count += 1
            self.assertGreater(count, 50, world)

    def test_the_numbers_are_those_of_the_json_report(self):
        for world in WORLDS:
            wanted, tables = json.loads(self.report(world, "--format", "json")), self.page(world).tables
            for level in ("transport", "device", "queue"):
                rows = tables[f"Latency and causes by {level}"][1:]
                self.assertEqual(len(rows), len(wanted[level + "s"]))
                for row, want in zip(rows, wanted[level + "s"]):
                    numbers = [float(attributes["data-v"]) for _, attributes in row[2:]]
                    latency = want["latency_ns"]
                    self.assertEqual(numbers, [want["chains"], latency["p50"], latency["p99"], latency["p999"],
                                               latency["max"], *(want["causes"][cause]["share"] for cause in CAUSES)])
            slowest = tables["Slowest chains"][1:]
            self.assertEqual(len(slowest), len(wanted["slowest"]))
            for row, want in zip(slowest, wanted["slowest"]):
                self.assertEqual([int(row[i][1]["data-v"]) for i in (0, 2, 3)],
                                 [want["total_ns"], want["epoch"], want["position"]])

    def test_charts_hold_every_chain_of_every_queue(self):
        for world in WORLDS:
            wanted = json.loads(self.report(world, "--format", "json"))
            figures = [json.loads(figure) for figure in self.page(world).figures]
            self.assertEqual([figure["kind"] for figure in figures], ["bars"] * 3 + ["distribution", "bars"])
            for figure, level in zip(figures, ("transports", "devices", "queues")):
                self.assertEqual(figure["causes"], [[row["causes"][cause]["total_ns"] for cause in CAUSES]
                                                    for row in wanted[level]])
            chains = sum(count for queue in figures[3]["queues"] for _, count in queue["causes"]["latency"])
            self.assertEqual(chains, sum(queue["chains"] for queue in wanted["queues"]))
            for queue in figures[3]["queues"]:
                below = sum(count for bucket, count in queue["causes"]["latency"] if 2 ** ((bucket + 1) / 8) <= queue["p50"])
                self.assertLessEqual(below, queue["chains"] / 2, "more than half of the chains lie below the median")

    def test_a_cause_has_the_colours_of_the_table_of_causes(self):
        table = pathlib.Path(os.environ["SOURCE"], "schemas", "model", "causes.def").read_text()
        pairs = re.findall(r"0x(\w{6}), 0x(\w{6})", table)
        self.assertEqual(len(pairs), len(CAUSES))
        colours = [["#" + pair[theme] for pair in pairs] for theme in (0, 1)]
        text = self.report("healthy-blk", "--format", "html")
        for which, rule in zip(colours, (r":root\{(--iotlb.*?)\}", r":root\[data-theme=dark\]\{(--iotlb.*?)\}")):
            shown = dict(pair.split(":") for pair in re.search(rule, text)[1].strip(";").split(";"))
            self.assertEqual([shown["--" + cause] for cause in CAUSES], which)

    def test_the_page_carries_the_licence_of_its_chart_library(self):
        text = self.report("healthy-blk", "--format", "html")
        self.assertIn("Chart.js Contributors", text)
        self.assertIn("Permission is hereby granted, free of charge", text)


if __name__ == "__main__":
    unittest.main()
