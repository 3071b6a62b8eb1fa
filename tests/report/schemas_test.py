#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What report, diff, check and whatif write as JSON is what schemas/json describes, for real captures: no key more, none less."""
import copy
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import jsonschema

from report_case import DESCRY

SOURCE = pathlib.Path(os.environ["SOURCE"])
# vhost-net-plain and pci-blk-lossy lost events, loop-miss has only the host's side.
SAMPLES = ["vhost-net-plain", "vhost-net-needless", "pci-blk-swiotlb", "pci-blk-lossy", "loop-miss", "loop-plain"]

DAMAGED = ["vhost-net-plain", "pci-blk-lossy"]

# Objects whose keys depend on the case.
OPEN = ["evidence"]


def spoiled(value, path="$"):
    """For each object in a document: the object itself, a key of it or None, and where it is."""
    if isinstance(value, dict):
        yield value, None, path
        for key in value:
            yield value, key, f"{path}.{key}"
            if key not in OPEN:
                yield from spoiled(value[key], f"{path}.{key}")
    elif isinstance(value, list) and value:
        yield from spoiled(value[0], f"{path}[0]")


class Schemas(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.work = pathlib.Path(folder.name)
        traces = SOURCE / "samples" / "traces"
        subprocess.run([traces / "unpack", *SAMPLES, cls.work], check=True)
        for sample in SAMPLES:
            done = subprocess.run([DESCRY, "import", "-q", cls.work / sample, "-o", cls.work / f"{sample}.db"],
                                  capture_output=True, text=True)
            assert done.returncode in (0, 3), done.stderr

    def run_json(self, code, command, sample, *arguments):
        databases = [self.work / f"{name}.db" for name in sample.split()]
        done = subprocess.run([DESCRY, command, *databases, *arguments, "--format", "json"], capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout)

    def validate(self, name, documents):
        schema = json.loads((SOURCE / "schemas" / "json" / f"{name}.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for document in documents:
            self.assertEqual([f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)], [])
        # A schema that accepts an unknown key, or a document without a key, would prove nothing.
        document = copy.deepcopy(documents[0])
        for owner, key, path in list(spoiled(document)):
            kept = dict(owner)
            if key is None:
                owner["key of no schema"] = 1
            else:
                del owner[key]
            self.assertFalse(validator.is_valid(document), f"{name}: accepted although spoiled at {path}")
            owner.clear()
            owner.update(kept)
        self.assertEqual(document, documents[0])

    def test_report(self):
        self.validate("report", [self.run_json(3 if sample in DAMAGED else 0, "report", sample) for sample in SAMPLES])

    def test_diff(self):
        changed = self.run_json(3, "diff", "vhost-net-plain vhost-net-needless")
        self.assertTrue(changed["base_damaged"])
        self.assertTrue(changed["changed"])
        same = self.run_json(0, "diff", "vhost-net-needless vhost-net-needless")
        self.assertFalse(same["slower"] or same["faster"])
        faster = self.run_json(0, "diff", "loop-miss loop-plain")
        self.assertTrue(faster["faster"])
        # A block device against a network device: nothing in common below the transport.
        unmatched = self.run_json(3, "diff", "pci-blk-lossy vhost-net-needless")
        self.assertTrue(unmatched["unmatched"])
        # Too few chains are common to be tested: null in place of an interval.
        untested = [level["latency_ns"]["p999"] for level in changed["levels"] if level["latency_ns"]["p999"]["p"] is None]
        self.assertTrue(untested)
        self.validate("diff", [changed, same, faster, unmatched])

    def test_check(self):
        passed = self.run_json(0, "check", "loop-miss", "--fail-if", "p50(transport == unknown) > 1s")
        self.assertEqual((passed["passed"], passed["baseline"]), (1, None))
        failed = self.run_json(4, "check", "loop-miss", "--fail-if", "p50(transport == unknown) > 1us", "--fail-if",
                               "share(transport == unknown, cause = iotlb) > 20 %")
        self.assertEqual(failed["failed"], 2)
        refused = self.run_json(3, "check", "pci-blk-lossy", "--fail-if", "p50(transport == pci) > 1us")
        self.assertEqual((refused["refused"], refused["results"][0]["value"]), (1, None))
        few = self.run_json(3, "check", "pci-blk-swiotlb", "--fail-if", "p999(queue == absent) > 1us")
        self.assertEqual(few["refused"], 1)
        compared = self.run_json(4, "check", "loop-miss", "--baseline", str(self.work / "loop-plain.db"))
        self.assertIsInstance(compared["baseline"], str)
        accepted = self.run_json(4, "check", "pci-blk-lossy", "--accept-damage", "--fail-if", "p50(transport == pci) > 1us")
        self.validate("check", [compared, passed, failed, refused, few, accepted])

    def test_whatif(self):
        one_side = self.run_json(0, "whatif", "loop-miss", "--without", "iotlb", "--add", "backend=10us")
        self.assertEqual(one_side["changes"], [{"cause": "iotlb", "factor": 0, "added_ns": 0},
                                               {"cause": "backend", "factor": 1, "added_ns": 10000}])
        both = self.run_json(0, "whatif", "vhost-net-needless", "--scale", "iotlb=0.5")
        damaged = self.run_json(0, "whatif", "pci-blk-lossy", "--without", "notification")
        self.validate("whatif", [one_side, both, damaged])

    def test_case_json(self):
        documents = [json.loads(path.read_text()) for path in (SOURCE / "samples" / "traces").glob("*/case.json")]
        self.assertGreater(len(documents), 10)
        schema = json.loads((SOURCE / "schemas" / "json" / "case.schema.json").read_text())
        validator = jsonschema.Draft202012Validator(schema)
        for document in documents:
            validator.validate(document)
        # What the schema refuses, the import refuses.
        for bad in ({"transport": "isa"}, {"devices": {}}, {"devices": [{"parent": "0.0.0001"}]}, {"tsc_khz": 0},
                    {"guest": {"protected": 2}}, {"guest": {"kprobes_missed_because_nested": -1}},
                    {"devices": [{"guest_name": "virtio0", "queues": {"one": {}}}]}):
            self.assertFalse(validator.is_valid(bad), bad)
            facts = self.work / "bad.json"
            facts.write_text(json.dumps(bad))
            done = subprocess.run([DESCRY, "import", "-q", self.work / "loop-miss", "--facts", facts, "-o", self.work / "bad.db"],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 1, bad)
            self.assertIn("bad.json", done.stderr)


if __name__ == "__main__":
    unittest.main()
