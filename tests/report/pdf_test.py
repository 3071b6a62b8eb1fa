#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The PDF says what the page says, has its pictures, and is the same each time, with either printer."""
import os
import re
import shutil
import subprocess
import sys
import unittest

from report_case import ReportCase

WORLD = "needless-translation"
PRINTERS = [name for name in ("weasyprint", "chromium") if shutil.which(name)]
# Cause colours in light (gui/style/theme.cpp) that this world's bars must show: notification, iotlb.
BARS = [(0xe8, 0xb4, 0x1c), (0xd5, 0x5e, 0x00)]


class Pdf(ReportCase):
    def path_with(self, printer):
        """A PATH in which only this printer is, and what descry and the printer need themselves."""
        folder = self.work / f"only-{printer}"
        folder.mkdir(exist_ok=True)
        for name in (printer, "env", "python3", "sh", "dirname", "readlink", "basename", "cat", "uname", "grep", "sed", "bash"):
            if (path := shutil.which(name)) and not (folder / name).exists():
                (folder / name).symlink_to(path)
        return str(folder)

    def print_with(self, printer, out):
        environment = {**os.environ, "PATH": self.path_with(printer)}
        return subprocess.run([os.environ["DESCRY"], "report", self.database(WORLD), "-o", self.work / out],
                              env=environment, capture_output=True, text=True)

    def test_each_printer_gives_a_whole_report_and_the_same_bytes_again(self):
        for printer in PRINTERS:
            for out in ("a.pdf", "b.pdf"):
                done = self.print_with(printer, out)
                self.assertIn(done.returncode, (0, 3), f"{printer}: {done.stderr}")
            first = (self.work / "a.pdf").read_bytes()
            self.assertTrue(first.startswith(b"%PDF-"))
            self.assertEqual(first, (self.work / "b.pdf").read_bytes(), f"{printer}: not the same bytes")
            text = subprocess.run(["pdftotext", "-layout", self.work / "a.pdf", "-"], capture_output=True, text=True).stdout
            for part in ("Findings", "Where the time went", "How latency is distributed", "Slowest chains", "Health"):
                self.assertIn(part, text, printer)
            median = re.search(r": (\S+ \S+) median", self.report(WORLD))[1]
            self.assertIn(median, text, printer)
            self.assert_bars(printer)

    def assert_bars(self, printer):
        subprocess.run(["pdftoppm", "-r", "50", self.work / "a.pdf", self.work / f"page-{printer}"], check=True)
        pixels = set()
        for page in self.work.glob(f"page-{printer}*.ppm"):
            data = page.read_bytes()
            body = data[len(data) - 3 * int(data.split()[1]) * int(data.split()[2]):]
            pixels.update(zip(body[0::3], body[1::3], body[2::3]))
        for colour in BARS:
            near = any(sum(abs(a - b) for a, b in zip(pixel, colour)) < 24 for pixel in pixels)
            self.assertTrue(near, f"{printer}: no bar of colour {colour}")

    def test_without_a_printer_it_says_what_to_install(self):
        done = self.print_with("no-such-program", "none.pdf")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^descry: no PDF printer is installed: run apt install weasyprint.*\n$")
        self.assertFalse((self.work / "none.pdf").exists())
        self.assertEqual([path.name for path in self.work.iterdir() if path.suffix == ".part"], [])

    def test_a_batch_of_pdf_has_an_index(self):
        shutil.copy(self.database(WORLD), self.work / "second.db")
        self.run_report(self.database(WORLD), self.work / "second.db", "--format", "pdf", "-o", "printed")
        self.assertEqual(sorted(path.name for path in (self.work / "printed").iterdir()),
                         sorted([f"{WORLD}.pdf", "second.pdf", "index.html", "index.json"]))
        self.assertIn(f'href="./{WORLD}.pdf"', (self.work / "printed" / "index.html").read_text())


if __name__ == "__main__":
    if not PRINTERS or shutil.which("pdftoppm") is None:
        print("neither WeasyPrint nor Chromium, or no Poppler (tools/setup test): PDF was not looked at")
        sys.exit(77)
    unittest.main()
