# SPDX-License-Identifier: GPL-2.0-or-later
"""The numbers of a case database that expectations speak of."""
import contextlib
import sqlite3

COUNTS = (
    "adds",
    "failed_adds",
    "gets",
    "doorbells_rung",
    "doorbells_seen",
    "doorbells_other_thread",
    "interrupts",
    "bounces",
    "bounce_bytes",
    "fetches",
    "used",
    "misses",
    "metadata_misses",
    "discarded",
    "position_gaps",
    "eagain_fetches",
    "copies_in_get",
)
HOST_POINTS = ("k", "w", "t", "p", "u", "s")  # after f, which every half has
CAUSES = ("iotlb", "swiotlb", "ring", "notification", "backend", "unattributed")


class Numbers(dict):
    """A dictionary whose members are also attributes, so that scenario files read well."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no {name}; there are {', '.join(sorted(self))}") from None


class CaseNumbers:
    """host, guest: counts over all queues. chains: those with a latency. mean_ns, iotlb_ns ...: per chain."""

    def __init__(self, path, device=None):
        """device: the guest's name of the device under test; None: all devices."""
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as self._db:
            self._db.row_factory = sqlite3.Row
            self._device = device
            self.guest, self.host = self._side("guest"), self._side("host")
            self._queues = {
                (side, name): self._side(side, name)
                for side, name in map(tuple, self._db.execute("SELECT DISTINCT side, queue_name FROM queue_side_view"))
            }
            self.losses = self._one("SELECT count(*) FROM loss")
            self.lost_events = self._one("SELECT coalesce(sum(count), 0) FROM loss")
            self.host_halves = self._one("SELECT count(*) FROM host_half")
            self.host_interrupts = self._one(
                "SELECT coalesce(sum(count), 0) FROM capture_event WHERE event = 'descry:host_interrupt'"
            )
            self.anomalies = self._one("SELECT coalesce(sum(count), 0) FROM anomaly WHERE severity <> 'info'")
            self._read_chains()
            self._read_host_halves()
            self._read_pairs()
            self._read_bounces()
            self._read_misses()
            self._read_kvm()
            self._read_translation()

    def _one(self, query, *values):
        return self._db.execute(query, values).fetchone()[0]

    def queue(self, side, name):
        """Counts of one queue of the device under test."""
        return self._queues[side, name]

    def _side(self, side, queue=None):
        sums = ", ".join(f"coalesce(sum(e.{name}), 0) AS {name}" for name in COUNTS)
        where, values = "s.side = ?", [side]
        if self._device:
            where += " AND s.device = ?"
            values.append(self._device)
        if queue:
            where += " AND s.queue_name = ?"
            values.append(queue)
        if self._device and side == "host":  # not the epoch in which firmware used the device
            where += """ AND EXISTS (SELECT 1 FROM pair_segment p WHERE p.host_queue_id = e.queue_id
                AND p.host_epoch = e.epoch)"""
        row = self._db.execute(
            f"""SELECT {sums} FROM queue_epoch e JOIN queue_side_view s USING (queue_id)
            WHERE {where}""",
            values,
        ).fetchone()
        return Numbers(dict(row))

    def _read_chains(self):
        causes = ", ".join(f"coalesce(sum({cause}_ns), 0) AS {cause}" for cause in CAUSES)
        where, values = "WHERE total_ns IS NOT NULL", []
        if self._device:
            where, values = where + " AND device = ?", [self._device]
        row = self._db.execute(
            f"""SELECT count(total_ns) AS chains, coalesce(sum(total_ns), 0) AS total, {causes},
            coalesce(sum(iotlb_induced_ns), 0) AS induced, count(nullif(scope <> 'full', 1)) AS paired
            FROM chain_view {where}""",
            values,
        ).fetchone()
        self.chains, self.paired = row["chains"], row["paired"]
        per_chain = max(self.chains, 1)
        self.mean_ns = row["total"] / per_chain
        for cause in CAUSES:
            setattr(self, f"{cause}_ns", row[cause] / per_chain)
            setattr(self, f"{cause}_share", row[cause] / max(row["total"], 1))
        self.induced_ns = row["induced"] / per_chain
        self.own_ns = self.iotlb_ns - self.induced_ns
        self.largest_cause = max(CAUSES, key=lambda cause: row[cause])

    def _read_host_halves(self):
        """Of the device under test, in the order in which the host fetched them: which points each half has, and when,
        in ns after its fetch; None where it has not."""
        columns = ", ".join(f"h.{point}_ns" for point in HOST_POINTS)
        rows = self._db.execute(
            f"""SELECT {columns} FROM host_half h JOIN pair_segment p
              ON p.host_queue_id = h.queue_id AND p.host_epoch = h.epoch
            JOIN queue_side_view s ON s.queue_id = p.guest_queue_id
            WHERE ? IS NULL OR s.device = ? ORDER BY h.queue_id, h.epoch, h.position""",
            (self._device, self._device),
        ).fetchall()
        self.host_times = [tuple(row) for row in rows]
        self.host_points = [
            "".join(point for point, at in zip(HOST_POINTS, times) if at is not None) for times in self.host_times
        ]

    def _read_pairs(self):
        """Both sides know the head (kernel vhost) or the used length (QEMU): a check that pairing does not use."""
        row = self._db.execute(
            """SELECT count(*) AS checked, coalesce(sum(
              coalesce(g.head <> h.head, 0) OR coalesce(g.length_bytes <> h.length_bytes, 0)), 0) AS wrong
            FROM chain_view c JOIN guest_half g USING (queue_id, epoch, position)
            JOIN host_half h ON h.queue_id = c.host_queue_id AND h.epoch = c.host_epoch AND h.position = c.host_position
            WHERE c.scope = 'full' AND (g.head + h.head IS NOT NULL OR g.length_bytes + h.length_bytes IS NOT NULL)
            """
        ).fetchone()
        self.checked_pairs, self.wrong_pairs = row["checked"], row["wrong"]
        self.clock_qualities = {quality for quality, in self._db.execute("SELECT quality FROM clock_segment")}
        self.clock_sources = {source for source, in self._db.execute("SELECT source FROM clock_segment")}
        self.clock_error_ns = self._one("SELECT max(error_ns) FROM clock_segment")

        self.lone_host_devices = self._one("SELECT count(*) FROM device_view WHERE guest_name IS NULL")
        self.vhost_devices = self._one(
            """SELECT count(*) FROM device_pair p JOIN device g ON g.device_id = p.guest_device_id
            JOIN device h ON h.device_id = p.host_device_id WHERE h.vhost = 1 AND (? IS NULL OR g.name = ?)""",
            self._device,
            self._device,
        )
        self.workers = dict(
            self._db.execute(
                """SELECT queue_name, worker_tid FROM queue_view WHERE side = 'host' AND worker_tid IS NOT NULL
                AND (? IS NULL OR device = ?)""",
                (self._device, self._device),
            ).fetchall()
        )

    def _read_bounces(self):
        """Of pairs: segments as the host counts them; time in swiotlb as the guest measured it, and as attributed."""
        row = self._db.execute(
            """SELECT coalesce(sum(h.out_count + h.in_count), 0) AS segments, count(nullif(c.swiotlb_ns, 0)) AS bounced,
              coalesce(sum(coalesce(g.swiotlb_out_ns, 0) + coalesce(g.swiotlb_in_ns, 0)), 0) AS measured,
              coalesce(sum(c.swiotlb_ns), 0) AS attributed
            FROM chain_view c JOIN guest_half g USING (queue_id, epoch, position)
            JOIN host_half h ON h.queue_id = c.host_queue_id AND h.epoch = c.host_epoch AND h.position = c.host_position
            WHERE c.scope = 'full' AND (? IS NULL OR c.device = ?)""",
            (self._device, self._device),
        ).fetchone()
        self.segments, self.bounced_chains = row["segments"], row["bounced"]
        self.swiotlb_measured_ns, self.swiotlb_attributed_ns = row["measured"], row["attributed"]

    def _read_kvm(self):
        """What KVM took, by queue; how many chains of a phase were told apart by it; and whether the parts of
        notification add up to it, in ns that are missing or too many."""
        where, values = "WHERE ? IS NULL OR device = ?", (self._device, self._device)

        def by_queue(view):
            rows = self._db.execute(f"SELECT queue_name, count(*) FROM {view} {where} GROUP BY 1", values)
            return dict(rows.fetchall())

        self.kvm_doorbells, self.kvm_interrupts = by_queue("kvm_doorbell_view"), by_queue("kvm_interrupt_view")
        rows = self._db.execute(
            f"""SELECT substr(part, 1, instr(part || ':', ':') - 1), part LIKE '%:%', max(chains)
            FROM notification_view {where} GROUP BY queue_id, 1, 2""",
            values,
        ).fetchall()
        self.told_apart, self.not_told_apart = {}, {}
        for phase, told, chains in rows:
            into = self.told_apart if told else self.not_told_apart
            into[phase] = into.get(phase, 0) + chains
        self.notification_missing_ns = self._one(
            f"""SELECT coalesce((SELECT sum(notification_ns) FROM chain_view WHERE scope = 'full'
              AND total_ns IS NOT NULL AND (? IS NULL OR device = ?)), 0)
            - (SELECT coalesce(sum(total_ns), 0) FROM notification_view {where})""",
            *values,
            *values,
        )
        states = ("guest", "kernel", "vmm", "runnable", "halted", "polling")
        sums = ", ".join(f"coalesce(sum({state}_ns), 0) AS {state}" for state in states)
        row = self._db.execute(f"SELECT {sums} FROM kvm_interrupt_view {where}", values).fetchone()
        self.waited = Numbers(dict(row))  # what the virtual CPU did while interrupts waited, in ns
        self.vcpus = [
            Numbers(dict(row))
            for row in self._db.execute(
                """SELECT *, guest_ns + kernel_ns + vmm_ns + runnable_ns + halted_ns + polling_ns AS all_ns
                FROM kvm_vcpu ORDER BY tid"""
            )
        ]

    def _read_misses(self):
        # vhost repeats a miss that is not yet answered; such an echo is read after the update that answered it.
        self.answers_ns = [
            row[0]
            for row in self._db.execute(
                """SELECT updated_ns - read_ns FROM iotlb_miss
            WHERE updated_ns > read_ns"""
            )
        ]
        self.update_times = [
            row[0]
            for row in self._db.execute(
                """SELECT e.ns + c.origin_ns FROM iotlb_event e
            JOIN capture c USING (capture_id) WHERE e.kind = 'update' ORDER BY e.ns"""
            )
        ]
        self.updates = self._one("SELECT count(*) FROM iotlb_event WHERE kind = 'update'")
        self.invalidations = self._one("SELECT count(*) FROM iotlb_event WHERE kind = 'invalidate'")
        self.update_offsets = self._one("SELECT count(DISTINCT address - iova) FROM iotlb_event WHERE kind = 'update'")

    def _read_translation(self):
        rows = self._db.execute(
            """SELECT d.translation, d.dma_api, v.transport FROM device d
            JOIN device_side_view v USING (device_id) WHERE ? IS NULL OR v.device = ?""",
            (self._device, self._device),
        ).fetchall()
        self.translations = {row["translation"] for row in rows if row["translation"]}
        self.transports = {row["transport"] for row in rows}
        self.dma_api = any(row["dma_api"] for row in rows)
        maps = self._db.execute(
            """SELECT coalesce(sum(h.dma_maps), 0), coalesce(sum(h.dma_identity), 0) FROM guest_half h
            JOIN queue q USING (queue_id) JOIN device d USING (device_id) WHERE ? IS NULL OR d.name = ?""",
            (self._device, self._device),
        ).fetchone()
        self.dma_maps, self.dma_identity = maps
