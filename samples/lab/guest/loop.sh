#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A job: vhost-net driven by vhost_loop, once per line of /lab/passes ("NAME ARGUMENTS...").
# shellcheck source=/dev/null
. /lab/record.sh
result=0
while read -r pass arguments; do
  mkdir -p "/out/$pass/host"
  # shellcheck disable=SC2086
  record "/out/$pass/host" vhost_loop $arguments --truth "/out/$pass/truth.json" || result=1
done < /lab/passes
(exit $result)
