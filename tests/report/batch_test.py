#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Many databases at once: none disturbs another, what hurts most comes first, and how many threads do it does not show."""
import json
import pathlib
import shutil
import unittest

from formats_test import Page
from report_case import WORLDS, ReportCase


class Batch(ReportCase):
    def folder_of(self, *arguments, codes=(0, 3), out="out"):
        shutil.rmtree(self.work / out, ignore_errors=True)
        done = self.run_report(*arguments, "-o", out, codes=codes)
        return self.work / out, done

    def all(self):
        return [self.database(world) for world in WORLDS]

    def test_every_case_has_its_page_and_its_place_in_the_index(self):
        folder, done = self.folder_of(*self.all())
        self.assertRegex(done.stdout.decode(), r"^out/index.html: 4 reports, \d+\.\d s, \d+ MiB at most\n$")
        self.assertEqual(sorted(path.name for path in folder.iterdir()),
                         sorted([f"{world}.html" for world in WORLDS] + ["index.html", "index.json"]))
        for world in WORLDS:
            alone = self.report(world, "--format", "html")
            self.assertEqual((folder / f"{world}.html").read_text(), alone)
        page = Page((folder / "index.html").read_text())
        self.assertEqual({link for link in page.links if link.startswith("./")}, {f"./{world}.html" for world in WORLDS})

    def test_what_hurts_most_comes_first(self):
        folder, _ = self.folder_of(*self.all())
        index = json.loads((folder / "index.json").read_text())
        keys = [(-case["critical"], -case["warnings"], -case["outside_backend_ns"]) for case in index["cases"]]
        self.assertEqual(keys, sorted(keys))
        self.assertEqual(index["cases"][0]["name"], "needless-translation")
        for case in index["cases"]:
            wanted = json.loads(self.report(case["name"], "--format", "json"))
            self.assertEqual(case["chains"], sum(device["chains"] for device in wanted["devices"]))
            self.assertEqual(case["total_ns"], sum(device["total_ns"] for device in wanted["devices"]))
            self.assertEqual(case["total_ns"], sum(case["causes_ns"].values()))
            self.assertEqual(case["critical"], sum(f["severity"] == "critical" for f in wanted["findings"]))

    def test_a_damaged_file_is_left_out_and_named(self):
        good = self.database("healthy-blk").read_bytes()
        (self.work / "torn.db").write_bytes(good[:4096] + bytes(x * 37 % 251 for x in range(4096 * 40)) + good[4096 * 41:])
        (self.work / "short.db").write_bytes(good[:9000])
        (self.work / "text.db").write_text("no database\n")
        bad = [self.work / name for name in ("torn.db", "short.db", "text.db", "absent.db")]
        folder, done = self.folder_of(*bad[:2], *self.all(), *bad[2:], codes=(3,))
        said = done.stderr.decode().splitlines()
        self.assertEqual(len(said), 4, said)
        index = json.loads((folder / "index.json").read_text())
        self.assertEqual({case["name"] for case in index["cases"]}, set(WORLDS))
        self.assertEqual({pathlib.Path(entry["database"]) for entry in index["failed"]}, set(bad))
        for entry in index["failed"]:
            self.assertIn(pathlib.Path(entry["database"]).name, entry["error"])
        self.assertIn("torn.db", (folder / "index.html").read_text())
        self.assertEqual(len(list(folder.glob("*.html"))), len(WORLDS) + 1)
        self.assertEqual([path for path in folder.iterdir() if path.suffix == ".part"], [])

    def test_it_fails_when_nothing_could_be_read(self):
        _, done = self.folder_of(self.work / "absent.db", self.work / "gone.db", codes=(1,))
        self.assertIn("absent.db", done.stderr.decode())

    def test_the_number_of_jobs_does_not_show(self):
        first, _ = self.folder_of(*self.all(), "-j1", out="one")
        second, _ = self.folder_of(*reversed(self.all()), "-j4", out="four")
        for path in first.iterdir():
            self.assertEqual(path.read_bytes(), (second / path.name).read_bytes(), path.name)

    def test_equal_names_do_not_overwrite_each_other(self):
        for name in ("a", "b"):
            (self.work / name).mkdir(exist_ok=True)
            shutil.copy(self.database("healthy-blk"), self.work / name / "case.db")
        shutil.copy(self.database("healthy-blk"), self.work / "index.db")
        folder, _ = self.folder_of("a/case.db", "b/case.db", "a/case.db", "index.db", "--format", "json")
        self.assertEqual(sorted(path.name for path in folder.glob("*.json")),
                         sorted(["case.json", "b-case.json", "a-case.json", "index-2.json", "index.json"]))

    def test_several_databases_need_a_folder(self):
        done = self.run_report(*self.all(), codes=(2,))
        self.assertIn("-o DIRECTORY", done.stderr.decode())
        (self.work / "taken").write_text("a file")
        done = self.run_report(*self.all(), "-o", "taken", codes=(1,))
        self.assertIn("taken", done.stderr.decode())

    def test_two_hundred_databases_of_which_one_is_broken(self):
        many = self.work / "many"
        many.mkdir()
        for number in range(200):
            shutil.copy(self.database(WORLDS[number % len(WORLDS)]), many / f"case-{number:03}.db")
        (many / "case-123.db").write_bytes(b"SQLite format 3\0" + bytes(5000))
        folder, done = self.folder_of(*sorted(many.iterdir()), codes=(3,))
        self.assertRegex(done.stdout.decode(), r"199 reports, 1 left out, \d+\.\d s, \d+ MiB at most")
        self.assertEqual(len(list(folder.glob("case-*.html"))), 199)


if __name__ == "__main__":
    unittest.main()
