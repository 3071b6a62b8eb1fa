#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""whatif_test.py DESCRY COLLECTOR TRACES WORK: what a case would gain without its misses, against the real case without.

The loop captures are of one workload on one kernel, driven with and without an IOTLB in the path. Which of two runs of
it is a few percent faster is chance; what batching a worker that never stops can do beyond one that stops is in neither.
"""
import json
import subprocess
import sys
from pathlib import Path

descry, collector, traces, work = sys.argv[1:]
TOLERANCE = 0.20  # of the gain


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def case(name):
    database = str(Path(work) / f"{name}.db")
    run(collector, "import", "-q", str(Path(traces) / name), "-o", database)
    return database


def mean_of(database):
    return float(run("sqlite3", database, "SELECT avg(total_ns) FROM chain_view WHERE complete"))


Path(work).mkdir(parents=True, exist_ok=True)
miss, plain = case("loop-miss"), case("loop-plain")
report = json.loads(run(descry, "report", plain, "--format", "json"))
real = report["queues"][0]["latency_ns"]["p50"]
prediction = json.loads(run(descry, "whatif", miss, "--without", "iotlb", "--format", "json"))
p50 = prediction["queues"][0]["latency_ns"]["p50"]
print("recorded", p50["recorded"], "replayed", p50["replayed"], "predicted", p50["low"], p50["high"], "real", real)
if p50["replayed"] != p50["recorded"]:
    sys.exit("the replay of the unchanged case is not the case")
gain = p50["recorded"] - real
for predicted in (p50["low"], p50["high"]):
    if abs(p50["recorded"] - predicted - gain) > TOLERANCE * gain:
        sys.exit(f"predicted gain {p50['recorded'] - predicted}, real {gain}")

# What the finding says of it, and the same for the mean.
finding = json.loads(run(descry, "report", miss, "--format", "json"))["findings"][0]
if finding["rule"] != "needless-translation":
    sys.exit(f"the first finding is {finding['rule']}")
evidence = finding["evidence"]
if evidence["predicted_chains"] != evidence["chains"]:
    sys.exit(f"{evidence['predicted_chains']} of {evidence['chains']} chains were replayed")
for name, recorded, actual in (("p50", evidence["replayed_p50_ns"], real), ("mean", evidence["replayed_mean_ns"], mean_of(plain))):
    predicted = evidence[f"predicted_{name}_ns"]
    print(f"finding: {name} recorded {recorded:.0f} predicted {predicted:.0f} real {actual:.0f}: the gain is"
          f" {100 * (recorded - predicted) / (recorded - actual) - 100:+.1f} % off")
    if abs(actual - predicted) > TOLERANCE * (recorded - actual):
        sys.exit(f"{name}: predicted gain {recorded - predicted}, real {recorded - actual}")
said = evidence["predicted_gain_percent"]
if not evidence["predicted_gain_low_percent"] <= said <= evidence["predicted_gain_high_percent"] or f"{said:.1f} % less" not in finding["why"]:
    sys.exit(f"gain {said} of {evidence}, in words: {finding['why']}")

# The other way: what every chain waited for its own misses, added to the case that had none.
own = run("sqlite3", miss, "SELECT CAST(avg(iotlb_ns - iotlb_induced_ns) AS INTEGER) FROM chain_view").strip()
other = json.loads(run(descry, "whatif", plain, "--add", f"iotlb={own}ns", "--format", "json"))["queues"][0]["latency_ns"]["p50"]
print("own stalls", own, "predicted", other["low"], other["high"], "real", p50["recorded"])
loss = p50["recorded"] - other["recorded"]
if abs(other["low"] - other["recorded"] - loss) > 0.3 * loss:
    sys.exit(f"predicted loss {other['low'] - other['recorded']}, real {loss}")
