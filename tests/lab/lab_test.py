#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of the lab that need no machine: lab_test.py SOURCE_DIRECTORY."""
import contextlib
import gzip
import io
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

LAB = Path(sys.argv.pop()) / "samples" / "lab"
sys.path.insert(0, str(LAB))
sys.dont_write_bytecode = True

from lablib import expect, facts, probes, run_command, scenario  # noqa: E402
from lablib.case_db import Numbers  # noqa: E402
from lablib.errors import LabError, UsageError  # noqa: E402
from lablib.initramfs import Initramfs  # noqa: E402

class InitramfsTest(unittest.TestCase):
    def test_cpio_reads_what_was_put_in(self):
        root = Initramfs()
        root.file("a/b/hello", "world\n", executable=True)
        root.link("a/link", "b/hello")
        with tempfile.TemporaryDirectory() as folder:
            packed = root.write(Path(folder) / "root.gz")
            subprocess.run(
                ["cpio", "-idm", "--quiet"], input=gzip.decompress(packed.read_bytes()), cwd=folder, check=True
            )
            self.assertEqual((Path(folder) / "a/link").read_text(), "world\n")
            self.assertTrue((Path(folder) / "a/b/hello").stat().st_mode & 0o100)


class ExpectationTest(unittest.TestCase):
    def run_with(self, expression, **truth):
        return expect.check({"it": expression}, expect.Pass(Numbers(truth)), None, False)[0]

    def test_one_that_holds(self):
        self.assertTrue(self.run_with("truth.a == 2 and median([1, 2, 9]) == 2", a=2)[2])

    def test_times_of_two_recordings_are_compared_where_both_have_them(self):
        self.assertEqual(expect.apart([(1, None), (5, 6)], [(2, 3), (5, None)]), [0, 1])

    def test_one_that_does_not_hold_shows_the_values(self):
        _, _, holds, detail = self.run_with("truth.a == 3 and truth.a < 10", a=2)
        self.assertFalse(holds)
        self.assertEqual(detail, "2 == 3 and 2 < 10")

    def test_a_misspelled_name_is_an_error_and_not_a_failed_expectation(self):
        with self.assertRaisesRegex(LabError, "there is no packet; there are packets"):
            self.run_with("truth.packet == 1", packets=1)

    def test_times_inside_windows(self):
        self.assertTrue(expect.inside([5, 15], [(4, 6), (10, 15)]))
        self.assertFalse(expect.inside([5, 16], [(4, 6), (10, 15)]))
        self.assertFalse(expect.inside([5], [(4, 6), (10, 15)]))


class ScenarioTest(unittest.TestCase):
    def test_every_scenario_can_be_read_and_its_expectations_compile(self):
        self.assertGreaterEqual(len(scenario.names()), 18)
        for name in scenario.names():
            found = scenario.Scenario(name)
            self.assertTrue(found.expect, name)
            for text in found.expect.values():
                compile(text, name, "eval")
            if found.baseline:
                scenario.Scenario(found.baseline)

    def test_quick_replaces_settings(self):
        self.assertLess(
            scenario.Scenario("loop-miss", quick=True).settings["packets"],
            scenario.Scenario("loop-miss").settings["packets"],
        )

    def test_an_unknown_name_is_wrong_usage(self):
        with self.assertRaises(UsageError):
            scenario.Scenario("no-such-scenario")

    def test_the_list_names_all(self):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            run_command.show_list()
        self.assertEqual([line.split()[0] for line in output.getvalue().splitlines()], scenario.names())


class ProbesTest(unittest.TestCase):
    def test_return_probes_of_6_1_have_no_entry_arguments(self):
        for line in probes.vhost("6.1") + probes.ring("6.1", "pci", net=True) + probes.dma("6.1"):
            if line.startswith("r:"):
                self.assertNotIn("$arg", line)

    def test_a_kprobe_stands_in_for_each_fprobe(self):
        lines = list(probes.with_fprobes(["p:descry/a f x=$arg1:x64", "r:descry/a_ret f ret=$retval:s32"]))
        self.assertEqual(
            lines,
            [
                "f:descry/a f x=$arg1:x64",
                "|p:descry/a f x=$arg1:x64",
                "f:descry/a_ret f%return ret=$retval:s32",
                "|r:descry/a_ret f ret=$retval:s32",
            ],
        )


class FactsTest(unittest.TestCase):
    def test_a_line_of_the_device_listing(self):
        bits = "".join("1" if bit in (0, 29, 32, 33) else "0" for bit in range(64))
        device = facts.device(f"virtio3 id=0x0002 features={bits} status=0x0000000f parent=0.0.0001 iommu_group=none")
        self.assertEqual(device["guest_name"], "virtio3")
        self.assertEqual(int(device["negotiated_features"], 16), 1 | 1 << 29 | 1 << 32 | 1 << 33)
        self.assertTrue(device["access_platform"] and device["event_idx"])
        self.assertFalse(device["ring_packed"] or device["indirect_desc"])

    def test_missed_probes_and_overwritten_events_are_counted(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "kprobe_profile").write_text("  add_sgs   100  0\n  get_ret   90  7\n")
            (Path(folder) / "probes").write_text("p:descry/add_sgs virtqueue_add_sgs\n")
            (Path(folder) / "stats").mkdir()
            (Path(folder) / "stats" / "cpu0").write_text(
                "entries: 5\noverrun: 3\ncommit overrun: 0\ndropped events: 2\n"
            )
            side = facts.side(folder)
        self.assertEqual(side["kprobe_missed_by_event"], {"get_ret": 7})
        self.assertEqual(side["ring_buffer_stats"]["cpu0"], {"overrun": 3, "commit overrun": 0, "dropped events": 2})


if __name__ == "__main__":
    unittest.main()
