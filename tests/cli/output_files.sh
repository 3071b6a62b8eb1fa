#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What an output may replace, and what is written through. An input is never replaced, a foreign file only with --force.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
small_trace > trace.txt
expect 0 'trace' descry import trace.txt -o case.db
cp case.db base.db
before=$(sha256sum < case.db)
untouched() { [ "$(sha256sum < case.db)" = "$before" ] || failed "the input was changed: $*"; }

# An output onto an input, under each of its names.
ln -s case.db link.db
ln case.db hard.db
mkdir folder
for name in case.db ./case.db folder/../case.db "$PWD/case.db" hard.db link.db; do
  for force in "" --force; do
    # shellcheck disable=SC2086  # empty is no argument
    {
      expect 1 'is an input' descry report case.db --format json $force -o "$name"
      expect 1 'is an input' descry diff base.db case.db $force -o "$name"
      expect 1 'is an input' descry diff case.db base.db $force -o "$name"
      expect 1 'is an input' descry explain case.db $force -o "$name"
    }
    untouched "$name $force"
  done
done
expect 1 'is an input' descry report link.db -o case.db
untouched "the input is a link"
[ -L link.db ] || failed "a link to the input was replaced"
ln trace.txt trace_hard.txt
ln -s trace.txt trace_link.txt
for name in trace.txt ./trace.txt trace_hard.txt trace_link.txt; do
  expect 1 "$name: is an? (input|trace)" descry import trace.txt --force -o "$name"
done
small_trace | cmp -s - trace.txt || failed "a trace was overwritten"
expect 1 'is an input' sh -c 'descry report case.db -o /dev/stdout >> case.db'
untouched "appended through /dev/stdout"

# The traces that a database was imported from are inputs as well: a file, and what is in a folder of CTF.
"$SOURCE/samples/traces/unpack" pci-blk . || failed "cannot unpack the sample"
expect 0 '' descry import -q pci-blk -o traced.db
chmod u+w pci-blk/host/metadata
cp pci-blk/host/metadata metadata
for name in trace.txt trace_hard.txt trace_link.txt; do
  expect 1 "$name: is an input" descry report case.db --force -o "$name"
  expect 1 "$name: is an input" descry diff traced.db case.db --force -o "$name"
done
expect 1 'is an input' descry report traced.db --force -o pci-blk/host/metadata
expect 1 'is an input' descry check traced.db --fail-if 'p50() > 1h' --force -o pci-blk/host/metadata
expect 0 '' descry report traced.db -o pci-blk/report.txt
small_trace | cmp -s - trace.txt || failed "the trace of a database was overwritten"
cmp -s metadata pci-blk/host/metadata || failed "a file of a CTF trace was overwritten"

# No report of a batch replaces an input of any of its reports.
mkdir mixed
for input in base.db trace.txt pci-blk/host/metadata; do
  ln -f "$input" mixed/case.html
  expect 3 'mixed/case.html: is an input' descry report -q case.db base.db traced.db --format html --force -o mixed
  cmp -s "$input" mixed/case.html || failed "a batch replaced its input $input"
  ln -f "$input" mixed/index.html
  expect 1 'mixed/index.html: is an input' descry report -q case.db base.db traced.db --format html --force -o mixed
  rm mixed/index.html
done

# Foreign files need --force; empty files and own outputs do not.
foreign() {
  local file=$1
  shift
  echo 'buy milk' > "$file"
  expect 1 "$file: already exists .*--force" "$@" -o "$file"
  [ "$(cat "$file")" = 'buy milk' ] || failed "a foreign file was replaced: $*"
  expect 0 '' "$@" -o "$file" --force
  [ "$(head -c 8 "$file")" != 'buy milk' ] || failed "--force did not replace: $*"
  : > "$file"
  expect 0 '' "$@" -o "$file"
  [ -s "$file" ] || failed "an empty file was not replaced: $*"
}
foreign other.db descry import -q trace.txt
expect 0 '' descry import -q trace.txt -o other.db
for format in text csv json html markdown junit; do
  foreign "out.$format" descry report case.db --format $format
  case $format in
    text | csv) expect 1 'already exists' descry report case.db --format $format -o "out.$format" ;;
    *) expect 0 '' descry report case.db --format $format -o "out.$format" ;;
  esac
done
expect 1 'already exists' descry report case.db --format html -o out.json
for format in text json html; do foreign "diff.$format" descry diff base.db case.db --format $format; done
expect 0 '' descry diff base.db case.db --format json -o diff.json
expect 0 '' descry diff base.db case.db --format html -o diff.html
expect 0 '' descry diff base.db case.db --format markdown -o diff.md
expect 0 '' descry diff base.db case.db --format markdown -o diff.md
foreign story.txt descry explain case.db
foreign trace.pftrace descry export perfetto case.db
foreign whatif.json descry whatif traced.db --without notification --format json
expect 0 '' descry whatif traced.db --without notification --format json -o whatif.json
for format in json junit; do
  foreign "check.$format" descry check traced.db --fail-if 'p50() > 1h' --format $format
  expect 0 '' descry check traced.db --fail-if 'p50() > 1h' --format $format -o "check.$format"
done
if command -v weasyprint > /dev/null; then
  foreign out.pdf descry report case.db
  expect 0 '' descry report case.db -o out.pdf
fi
mkdir batch
echo 'buy milk' > batch/index.html
expect 1 'index.html: already exists' descry report -q case.db base.db --format html -o batch
[ "$(cat batch/index.html)" = 'buy milk' ] || failed "a batch replaced a foreign index"
rm batch/index.html
for _ in 1 2; do expect 0 '' descry report -q case.db base.db --format html -o batch; done

# A link is not followed.
echo precious > victim
ln -s victim planted
expect 1 'symbolic link' descry report case.db -o planted
expect 1 'symbolic link' descry import -q trace.txt -o planted
expect 0 '' descry report case.db --force -o planted
[ ! -L planted ] || failed "--force wrote through a link"
ln -s victim planted.db.part
ln -s victim .planted.db.descry-000000000000.part
expect 0 '' descry import -q trace.txt -o planted.db
[ "$(cat victim)" = precious ] || failed "a planted link was followed"
[ -L planted.db.part ] || failed "a file of another name was taken away"
rm -f .planted.db.descry-000000000000.part

# What a killed writer left is swept; what belongs to another target stays.
echo half > .new.db.descry-0123456789ab.part
echo half > .newer.db.descry-0123456789ab.part
expect 0 '' descry import -q trace.txt -o new.db
[ ! -e .new.db.descry-0123456789ab.part ] || failed "the rest of a killed writer stays"
[ -e .newer.db.descry-0123456789ab.part ] || failed "the part of another target was swept"
rm .newer.db.descry-0123456789ab.part

# Devices, pipes and descriptors are written through.
descry report case.db --format json > wanted
expect 0 '' descry report case.db --format json -o /dev/null
[ -c /dev/null ] || failed "/dev/null was replaced"
mkfifo pipe
cat pipe > from_pipe &
expect 0 '' timeout 60 descry report case.db --format json -o pipe
wait $!
cmp -s from_pipe wanted || failed "a FIFO did not get the whole report"
[ -p pipe ] || failed "a FIFO was replaced"
(echo first; descry report case.db --format json -o /dev/stdout; echo last) > through
cmp -s through <(echo first; cat wanted; echo last) || failed "/dev/stdout was not written through"
descry report case.db --format json -o /dev/stdout | cmp -s - wanted || failed "/dev/stdout is not the pipe"
expect 1 'No space left' descry report case.db -o /dev/full

# Two writers at once: the file is that of one of them.
descry report case.db --format html --slowest 1 > one
descry report case.db --format html --slowest 20 > two
: > both.html
for try in $(seq 20); do
  descry report case.db --format html --slowest 1 -o both.html &
  first=$!
  descry report case.db --format html --slowest 20 -o both.html || failed "try $try: the second writer failed"
  wait $first || failed "try $try: the first writer failed"
  cmp -s both.html one || cmp -s both.html two || failed "try $try: a mixed report"
done
for try in $(seq 20); do
  descry import -q trace.txt -o both.db 2> first.txt &
  first=$!
  descry import -q trace.txt -o both.db 2> second.txt
  second=$?
  wait $first
  first=$?
  [ $first -eq 0 ] || [ $second -eq 0 ] || failed "try $try: no writer succeeded: $(cat first.txt second.txt)"
  for said in first.txt second.txt; do
    [ ! -s $said ] || grep -q 'another descry is writing it' $said || failed "try $try: $(cat $said)"
  done
  expect 0 'virtio0' descry report both.db
done

no_leftover "at the end"
no_leftover "at the end" batch
finish
