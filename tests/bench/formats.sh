#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How fast are trace.dat and ftrace text read? formats.sh [WORK_DIRECTORY] repeats a bundled capture until its trace.dat has
# about 100 MB and reads it in turn with `trace-cmd report` and descry, then the text that trace-cmd prints of it.
# Environment: TIMES (how often it is repeated: 400), ROUNDS (3).
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-$root/build/bench/formats}
mkdir -p "$work"
work=$(cd "$work" && pwd)

"$root/tools/setup" build bench
"$root/tools/build" bench descry descry-collector

# mmio-blk has the guest's trace in version 6.
"$root/samples/traces/unpack" mmio-blk "$work"
"$root/tests/bench/repeat_trace.py" "$work/mmio-blk/guest/trace.dat" "$work/trace.dat" "${TIMES:-400}"
trace-cmd report -i "$work/trace.dat" >"$work/trace.txt" 2>/dev/null

exec "$root/tests/bench/formats.py" --bin "$root/build/bench" --work "$work" --rounds "${ROUNDS:-3}"
