#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds a Perfetto trace, as protoc prints it, against the database that it was made from: perfetto.py TRACE_TEXT DATABASE

Every field is known to perfetto.proto; slices of a track nest and end; the causes of each chain are to the nanosecond those of
chain_view; marks, arrows and the counter are as many as the views have rows.
"""
import collections
import re
import sqlite3
import sys

failures = []


def expect(what, got, wanted):
    if got != wanted:
        failures.append(f"{what}: {got}, expected {wanted}")


def parse(lines):
    """protoc's text: fields with all their values, messages as dictionaries."""
    message = collections.defaultdict(list)
    for line in lines:
        line = line.strip()
        if line == "}":
            break
        if re.match(r"\d", line):
            failures.append(f"a field that perfetto.proto does not have: {line}")
        if line.endswith("{"):
            message[line[:-2]].append(parse(lines))
        else:
            name, value = line.split(": ", 1)
            message[name].append(value.strip('"') if value.startswith('"') else int(value) if value.isdigit() else value)
    return message


def notes(event):
    return {n["name"][0]: (n["int_value"] or n["string_value"])[0] for n in event["debug_annotations"]}


def main():
    with open(sys.argv[1], encoding="utf-8") as text:
        packets = parse(iter(text.read().splitlines()))["packet"]
    rows = sqlite3.connect(f"file:{sys.argv[2]}?mode=ro", uri=True)
    expect("first packet's flags", packets[0]["sequence_flags"], [1])
    tracks = {t["uuid"][0]: t for p in packets for t in p["track_descriptor"]}
    expect("track numbers", len(tracks), sum(len(p["track_descriptor"]) for p in packets))
    events = [(p["timestamp"][0], at, p["track_event"][0]) for at, p in enumerate(packets) if p["track_event"]]
    events.sort(key=lambda e: e[:2])
    open_slices, chains, marks, flows, counters = collections.defaultdict(list), {}, collections.Counter(), collections.defaultdict(list), {}
    for ns, _, event in events:
        track = event["track_uuid"][0]
        name, kind = tracks[track]["name"][0], event["type"][0]
        device = tracks[tracks[track]["parent_uuid"][0]]["process"][0]["pid"][0]
        stack = open_slices[track]
        for flow in event["flow_ids"] + event["terminating_flow_ids"]:
            flows[flow].append(name)
        if kind == "TYPE_SLICE_BEGIN":
            stack.append((ns, event["name"][0], notes(event), collections.Counter()))
        elif kind == "TYPE_SLICE_END":
            begin, what, noted, causes = stack.pop()
            if stack:
                stack[-1][3][what] += ns - begin
            elif "latency_ns" in noted:
                expect(f"length of {what} of {name}", ns - begin, noted["latency_ns"])
                chains[device, name.split()[0], noted["epoch"], noted["position"]] = dict(causes)
        elif kind == "TYPE_INSTANT":
            marks[name.split(" ", 2)[2]] += 1
        else:
            counters[track] = event["counter_value"][0]
    still_open = sum(len(stack) for stack in open_slices.values())
    causes = [c[0] for c in rows.execute("SELECT DISTINCT cause FROM cause_view WHERE cause NOT IN ('latency', 'iotlb_induced')")]
    wanted = {}
    for row in rows.execute(f"SELECT device_id, queue_name, epoch, position, {', '.join(c + '_ns' for c in causes)} FROM chain_view WHERE complete"):
        wanted[row[:4]] = {c: ns for c, ns in zip(causes, row[4:]) if ns}
    expect("complete chains", len(chains), len(wanted))
    for key, value in wanted.items():
        if chains.get(key) != value:
            failures.append(f"{key}: {chains.get(key)}, expected {value}")
            break
    open_rows = rows.execute("SELECT count(*) FROM chain_view v JOIN guest_half g USING (queue_id, epoch, position)"
                             " WHERE NOT complete AND coalesce(g.out_count, 1) <> 0").fetchone()[0]
    expect("slices that do not end", still_open, open_rows)
    expect("counters at the end", sum(counters.values()), still_open)
    for view, mark in (("doorbell_view", "doorbells"), ("interrupt_view", "interrupts"), ("miss_view", "IOTLB misses")):
        expect(view, marks[mark], rows.execute(f"SELECT count(*) FROM {view}").fetchone()[0])
    both = rows.execute("SELECT count(*) FROM chain_view WHERE complete AND scope = 'full' AND NOT clock_unknown").fetchone()[0]
    expect("arrows from guest to host and back", sum(len(f) == 3 and f[1].endswith("host") for f in flows.values()), both)
    for failure in failures:
        print("FAILED:", failure)
    print(f"{len(chains)} chains, {still_open} open, {dict(marks)}, {len(flows)} arrows")
    return 1 if failures or not chains else 0


sys.exit(main())
