-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for the case: what the probes take of the latency. Guest and host slow down the same chain, so their parts add
-- up; of several captures of one side the worst counts.
SELECT
  max(chains) AS chains,
  max(CASE WHEN side = 'guest' THEN percent END) AS guest_percent,
  max(CASE WHEN side = 'guest' THEN probe_ns / chains END) AS guest_probe_ns, -- per chain
  max(CASE WHEN side = 'guest' THEN round(1.0 * hits / chains, 1) END) AS guest_hits, -- per chain
  max(CASE WHEN side = 'host' THEN percent END) AS host_percent,
  max(CASE WHEN side = 'host' THEN probe_ns / chains END) AS host_probe_ns,
  max(CASE WHEN side = 'host' THEN round(1.0 * hits / chains, 1) END) AS host_hits
FROM probe_cost_view WHERE percent IS NOT NULL;
