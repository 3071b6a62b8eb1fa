#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every rule of rules.py is broken once in a tree of its own and must be noticed."""
import tempfile
import unittest
from pathlib import Path

import rules

SPDX = "// SPDX-License-Identifier: GPL-2.0-or-later\n"
LINKS = "\n".join([
    "schemas|descry_schemas|descry_flags;$<LINK_ONLY:SQLite::SQLite3>",
    "collector/source|descry_source|descry_schemas;PkgConfig::babeltrace2;PkgConfig::tracecmd",
    "analyzer|descry_analyzer|descry_schemas",
    "analyzer/cli|descry_cli|descry_schemas;$<LINK_ONLY:CLI11::CLI11>",
])


class Rules(unittest.TestCase):
    def found(self, files, links=LINKS):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return list(rules.breaches(Path(folder), links))

    def assert_found(self, part, files, links=LINKS):
        found = self.found(files, links)
        self.assertEqual(len(found), 1, found)
        self.assertIn(part, found[0])

    def including(self, header):
        return f"{SPDX}#include {header}\n"

    def test_accepts_what_keeps_the_rules(self):
        self.assertEqual(self.found({
            "schemas/store/database.cpp": self.including("<sqlite3.h>"),
            "schemas/store/database.hpp": SPDX + "#pragma once\n",
            "collector/source/ctf/ctf.cpp": self.including("<babeltrace2/babeltrace.h>"),
            "collector/main.cpp": self.including('"analyzer/run/analysis.hpp"'),
            "gui/window.cpp": self.including("<QMainWindow>"),
            "tools/setup": "#!/usr/bin/env bash\n# SPDX-License-Identifier: GPL-2.0-or-later\n",
            "build/dev/generated.cpp": "int x;\n",
        }), [])

    def test_finds_a_library_header_outside_its_folder(self):
        for header, name in [
            ("<QString>", "analyzer/a.cpp"), ("<QtCore/QString>", "collector/a.cpp"),
            ("<babeltrace2/babeltrace.h>", "collector/fold/a.cpp"), ("<babeltrace2/babeltrace.h>", "tests/unit/a.cpp"),
            ("<sqlite3.h>", "analyzer/a.cpp"), ("<trace-cmd/trace-cmd.h>", "collector/source/ctf/a.cpp"),
            ("<bpf/libbpf.h>", "collector/import/a.cpp"),
            ("<lttng/lttng.h>", "gui/a.cpp"),
        ]:
            self.assert_found("includes " + header.strip("<>"), {name: self.including(header)})

    def test_finds_an_arrow_against_the_direction(self):
        for header, name in [
            ("collector/event/event.hpp", "analyzer/a.cpp"), ("collector/event/event.hpp", "gui/a.cpp"),
            ("collector/event/event.hpp", "schemas/a.cpp"), ("analyzer/run/analysis.hpp", "schemas/a.cpp"),
            ("gui/data/tile.hpp", "analyzer/a.cpp"), ("gui/data/tile.hpp", "samples/a.cpp"),
            ("samples/simulate/world.hpp", "collector/a.cpp"),
        ]:
            self.assert_found(f"{name}:2: includes {header}", {name: self.including(f'"{header}"')})

    def test_finds_folders_that_include_each_other(self):
        for first, second in [("collector/fold", "collector/facts"), ("analyzer/page", "analyzer"),
                              ("collector/source", "collector/source/ctf")]:
            self.assert_found("arrows point one way", {
                f"{first}/a.cpp": self.including(f'"{second}/b.hpp"'),
                f"{second}/b.cpp": self.including(f'"{first}/a.hpp"')})

    def test_finds_a_circle_of_three_folders(self):
        self.assert_found("arrows point one way", {
            f"analyzer/{name}/a.cpp": self.including(f'"analyzer/{after}/a.hpp"')
            for name, after in [("pair", "clock"), ("clock", "run"), ("run", "pair")]})

    def test_finds_a_circle_between_stages_that_their_own_folders_hide(self):
        self.assert_found("arrows point one way", {
            "collector/fold/a.cpp": self.including('"collector/source/reader/b.hpp"'),
            "collector/source/ctf/b.cpp": self.including('"collector/fold/a.hpp"')})

    def test_finds_a_missing_licence_line(self):
        for name in ["schemas/a.cpp", "schemas/sql/facts.sql", "tests/CMakeLists.txt"]:
            self.assert_found("not the SPDX line", {name: "something\n"})
        self.assert_found("not the SPDX line", {"tools/setup": "#!/bin/sh\nsomething\n"})

    def test_finds_a_long_file(self):
        self.assert_found("451 lines", {"schemas/a.cpp": SPDX + "\n" * 450})

    def test_finds_a_header_without_pragma_once(self):
        self.assert_found("no #pragma once", {"schemas/a.hpp": SPDX})

    def test_finds_a_link_that_breaks_the_rules(self):
        good = {"schemas/a.cpp": SPDX}
        for part, line in [
            ("target descry_report links SQLite::SQLite3", "analyzer/report|descry_report|SQLite::SQLite3"),
            ("target descry_gui in gui/ needs PkgConfig::babeltrace2; only", "gui|descry_gui|helper\ngui|helper|"
             "PkgConfig::babeltrace2"),
            ("needs Qt6::Widgets", "analyzer|descry_x|Qt6::Widgets"),
            ("target descry_gui in gui/ needs descry_source of collector/", "gui|descry_gui|descry_source"),
            ("target descry_report in analyzer/report/ needs descry_source of collector/",
             "analyzer/report|descry_report|descry_source"),
        ]:
            found = self.found(good, LINKS + "\n" + line)
            self.assertTrue(any(part in text for text in found), found)

    def test_finds_an_analyzer_that_needs_the_collector(self):
        found = self.found({"schemas/a.cpp": SPDX}, LINKS.replace("descry_analyzer|", "descry_analyzer|descry_source;"))
        self.assertIn("target descry_analyzer in analyzer/ needs descry_source of collector/", found)

    def test_lets_an_import_end_with_the_analysis(self):
        links = LINKS + "\ncollector|descry_import|descry_source;descry_analyzer"
        header = SPDX + '#pragma once\n#include "analyzer/run/analysis.hpp"\n'
        self.assertEqual(self.found({"collector/import/import.hpp": header}, links), [])

    def test_notices_when_there_is_nothing_to_check(self):
        self.assert_found("no source file found", {})
        self.assertIn("the list of links has no target descry_schemas", self.found({"schemas/a.cpp": SPDX}, ""))


if __name__ == "__main__":
    unittest.main()
