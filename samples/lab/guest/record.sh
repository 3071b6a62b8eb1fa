#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the jobs. record DIR COMMAND...: runs COMMAND while the recorder $LAB_RECORDER is on, and leaves in DIR what it
# wrote together with everything that says what was lost. Returns the recorder's (or, without one, the command's) exit code.
T=/sys/kernel/tracing

arm() { # defines the probes of /lab/probes; a line that begins with | stands in for the one before it
  accepted=yes
  while read -r definition; do
    case $definition in
    '|'*) [ $accepted = no ] || continue; definition=${definition#|} ;;
    esac
    if echo "$definition" >> $T/dynamic_events 2>/run/refused; then
      accepted=yes; echo "$definition" >> "$1/probes"
    else
      accepted=no; echo "$definition [$(tr '\n' ' ' < /run/refused)]" >> "$1/probes-refused"
    fi
  done < /lab/probes
}

counters() { # what ftrace lost, and the probes that were skipped because they nested
  mkdir -p "$1/stats"
  for cpu in "$T"/per_cpu/cpu*; do cat "$cpu/stats" > "$1/stats/$(basename "$cpu")"; done
  cat $T/kprobe_profile > "$1/kprobe_profile"
}

record() {
  where=$1; shift
  mkdir -p "$where"
  uname -a > "$where/uname"; cat /proc/cmdline > "$where/cmdline"
  case $LAB_RECORDER in
  trace-cmd)
    arm "$where"
    eval "set -- $LAB_RECORD_OPTIONS -o $where/trace.dat \"\$@\""
    trace-cmd record -q -C mono -b 24000 -s 50000 "$@" > "$where/record.log" 2>&1; code=$?
    counters "$where"
    echo > $T/dynamic_events
    ;;
  script)
    sed -n "s/^probe '\(.*\)'$/\1/p" /lab/record-script > "$where/probes"
    (cd "$where" && sh /lab/record-script "$@") > "$where/record.log" 2>&1
    [ -s "$where/trace.dat" ]; code=$?
    counters "$where/end" && mv "$where/end/stats" "$where/stats" && rm -r "$where/end"
    sed -n 's/^refused: //p' "$where/record.log" > "$where/probes-refused"
    ;;
  descry)
    # shellcheck disable=SC3045
    ulimit -l unlimited
    if [ -n "$LAB_SLOW" ]; then # an emulated machine within one: everything takes longer than LTTng is ready to wait
      export LTTNG_UST_REGISTER_TIMEOUT=120000 LTTNG_APP_SOCKET_TIMEOUT=120
      mkdir -p /run/lttng; lttng-sessiond --no-kernel --daemonize || return 1
    fi
    # shellcheck disable=SC2086
    descry-collector record --side "$LAB_SIDE" $LAB_RECORD_OPTIONS -o "$where/trace" -- "$@" > "$where/record.log" 2>&1; code=$?
    [ $code != 3 ] || code=0 # something was lost, which the capture says itself
    ;;
  none)
    "$@" > "$where/record.log" 2>&1; code=$?
    ;;
  esac
  [ "$code" = 0 ] || { echo "LAB recorder ended with $code"; cat "$where/record.log"; }
  return "$code"
}
