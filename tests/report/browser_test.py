#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The page in a real browser: charts are drawn in light and dark, nothing goes wrong, nothing is asked for.

With DESCRY_PICTURES=FOLDER screenshots are kept there, for people to look at.
"""
import os
import pathlib
import sys
import unittest

import browser
from report_case import WORLDS, ReportCase

# Of each chart that is shown: how many different colours its canvas shows.
COLOURS = """[...document.querySelectorAll('canvas')].filter(canvas => canvas.getClientRects().length > 0).map(canvas => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {willReadFrequently: true});
  copy.drawImage(canvas, 0, 0);
  const data = copy.getImageData(0, 0, canvas.width, canvas.height).data, found = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) found.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
  return found.size; })"""
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


class InBrowser(ReportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = browser.Browser(cls.work / "profile")
        cls.addClassCleanup(cls.browser.close)

    def show(self, world="needless-translation", scheme="light"):
        path = self.work / f"{world}.html"
        self.run_report(self.database(world), "-o", path)
        self.browser.media(scheme)
        self.browser.open(path)
        return path

    def keep(self, name):
        if folder := os.environ.get("DESCRY_PICTURES"):
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
            self.browser.screenshot(pathlib.Path(folder, name + ".png"))

    def test_charts_are_drawn_without_a_complaint_or_a_request(self):
        for world in WORLDS:
            for scheme in ("light", "dark"):
                path = self.show(world, scheme)
                figures = self.browser.evaluate("document.querySelectorAll('figure.chart').length")
                self.assertEqual(figures, 5)
                self.assertEqual(self.browser.evaluate("document.documentElement.dataset.ready"), "5")
                for level in ("transport", "queue", "device"):
                    self.browser.evaluate("[...document.querySelectorAll('.levels > .controls button')]"
                                          f".find(button => button.textContent === '{level}').click()")
                    self.browser.evaluate("new Promise(done => setTimeout(done, 100))")
                    drawn = self.browser.evaluate(COLOURS)
                    self.assertEqual(len(drawn), 3)
                    self.assertTrue(all(colours > 5 for colours in drawn), f"{world} {scheme} {level}: {drawn}")
                self.assertEqual(self.browser.complaints(), [])
                self.assertEqual([url for url in self.browser.requests() if not url.startswith("data:")], [path.as_uri()])
                self.keep(f"{world}-{scheme}")

    def test_the_browser_refuses_a_page_that_asks_for_something(self):
        # The proof that the check above can fail, and that the page's own policy holds.
        path = self.show()
        text = path.read_text().replace("</main>", '<img src="http://192.0.2.1/x.png"></main>')
        path.write_text(text)
        self.browser.open(path)
        self.browser.evaluate("new Promise(done => setTimeout(done, 300))")
        self.assertNotEqual(self.browser.complaints(), [])

    def test_light_and_dark_follow_the_system_and_the_button(self):
        self.show(scheme="light")
        light = self.browser.evaluate(BACKGROUND)
        self.browser.evaluate("document.getElementById('theme').click()")
        dark = self.browser.evaluate(BACKGROUND)
        self.assertNotEqual(light, dark)
        self.show(scheme="dark")
        self.assertEqual(self.browser.evaluate(BACKGROUND), dark)
        self.browser.evaluate("document.getElementById('theme').click()")
        self.assertEqual(self.browser.evaluate(BACKGROUND), light)
        self.assertEqual(self.browser.complaints(), [])

    def test_a_number_shows_its_sql(self):
        self.show()
        hidden = "document.getElementById('sql').hidden"
        self.assertTrue(self.browser.evaluate(hidden))
        sql = self.browser.evaluate("(cell => { cell.click(); return cell.dataset.sql; })(document.querySelector('td[data-sql]'))")
        self.assertFalse(self.browser.evaluate(hidden))
        self.assertEqual(self.browser.evaluate("document.querySelector('#sql pre').textContent"), sql)
        self.browser.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true}))")
        self.assertTrue(self.browser.evaluate(hidden))

    def test_a_click_on_a_column_sorts_by_it(self):
        self.show()
        column = """(() => { const table = document.querySelector('table.slowest'),
          at = [...table.tHead.rows[0].cells].findIndex(head => head.textContent === 'position');
          %s
          return [...table.tBodies[0].rows].map(row => Number(row.cells[at].dataset.v)); })()"""
        before = self.browser.evaluate(column % "")
        click = "table.tHead.rows[0].cells[at].querySelector('button').click();"
        self.assertEqual(self.browser.evaluate(column % click), sorted(before, reverse=True))
        self.assertEqual(self.browser.evaluate(column % click), sorted(before))
        self.assertNotEqual(before, sorted(before))

    def test_every_queue_and_cause_of_the_distribution_can_be_chosen(self):
        self.show("packed-mq")
        chosen = self.browser.evaluate("""(() => { let count = 0;
          const figure = document.querySelector('#distribution figure'), [queue, cause] = figure.querySelectorAll('select');
          for (const list of [queue, cause]) for (const option of list.options) {
            list.value = option.value; list.dispatchEvent(new Event('change')); ++count; }
          figure.querySelectorAll('.controls button').forEach(button => button.click());
          return count; })()""")
        self.assertGreater(chosen, 7)
        self.assertEqual(self.browser.complaints(), [])

    def test_the_charts_print_as_pictures_and_all_levels_do(self):
        self.show()
        visible = "[...document.querySelectorAll('%s')].filter(e => e.getClientRects().length > 0).length"
        self.assertEqual(self.browser.evaluate(visible % ".still svg:not(.legend)"), 0)
        self.browser.media(media="print")
        self.assertGreaterEqual(self.browser.evaluate(visible % ".still svg:not(.legend)"), 5)
        self.assertEqual(self.browser.evaluate(visible % "canvas"), 0)
        self.assertEqual(self.browser.evaluate(visible % ".level table"), 5)  # transport, device, queue; phases and notification of queues

    def test_the_index_of_a_batch_is_drawn_and_leads_to_its_cases(self):
        self.run_report(*(self.database(world) for world in WORLDS), "-o", "index")
        path = self.work / "index" / "index.html"
        self.browser.media("light")
        self.browser.open(path)
        self.assertTrue(all(colours > 5 for colours in self.browser.evaluate(COLOURS)))
        self.assertEqual(self.browser.complaints(), [])
        self.keep("index")
        for link in self.browser.evaluate("[...document.querySelectorAll('td a')].map(a => a.href)"):
            self.browser.open(pathlib.Path(link.removeprefix("file://")))
            self.assertIn("Descry report", self.browser.evaluate("document.body.textContent"))


if __name__ == "__main__":
    if browser.executable() is None:
        print("no Chromium is installed (tools/setup test): the page was not looked at")
        sys.exit(77)
    unittest.main()
