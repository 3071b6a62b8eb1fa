-- SPDX-License-Identifier: GPL-2.0-or-later
-- Facts: what the traces say. Written once by the import, never changed by the analysis.
--
-- Times: every *_ns column of a fact is in nanoseconds of the clock of the capture it comes from.
-- `capture.origin_ns` has been subtracted from absolute times, so add it to get the trace's own timestamp.
-- NULL always means "not seen" or "not known", never zero.
--
-- A doorbell is what the virtio specification calls an available buffer notification: the driver tells the device that
-- chains are waiting. The kernel's functions for it have "kick" and "notify" in their names.

-- One row per key: what this file is and how it was made.
CREATE TABLE meta (
  key   TEXT NOT NULL PRIMARY KEY, -- name of the property: tool_version, vm, verdict (of the analysis: sound or damaged) ...
  value TEXT NOT NULL              -- its value as text
) STRICT, WITHOUT ROWID;

-- One row per trace that was imported.
CREATE TABLE capture (
  capture_id     INTEGER NOT NULL PRIMARY KEY, -- dense, from 1
  side           TEXT NOT NULL CHECK (side IN ('guest', 'host')), -- whose clock and events these are
  path           TEXT NOT NULL, -- the trace as it was named at import
  source         TEXT NOT NULL, -- reader that was used: ctf, trace_dat, ftrace_text, qemu_log, simulate
  tool           TEXT,          -- tracer that wrote it, as the trace says
  host_name      TEXT,          -- machine name, as the trace says
  kernel         TEXT,          -- kernel release or uname line
  clock          TEXT,          -- name of the trace clock: mono, monotonic, boot ...
  clock_epoch_ns INTEGER,       -- wall-clock time (Unix epoch) of the clock's zero; NULL where the trace does not say
  resolution_ns  INTEGER,       -- smallest step of its time stamps, which are cut or rounded to it; NULL: 1
  origin_ns      INTEGER NOT NULL, -- time of the first event that was understood, on its own clock; subtracted from every absolute fact time
  last_ns        INTEGER NOT NULL, -- time of the last event that was understood, relative to origin_ns
  sha256         TEXT,          -- digest over the trace files (in name order)
  events         INTEGER NOT NULL, -- events read
  decoded        INTEGER NOT NULL, -- events that became points
  unknown        INTEGER NOT NULL, -- events of no known name (skipped, see capture_event)
  discarded      INTEGER NOT NULL, -- events the tracer says it lost; -1: lost, number unknown
  probes_missed  INTEGER           -- kprobe hits skipped because they nested (kprobe_profile), NULL: not known
) STRICT;

-- One row per event name of a capture: what was there, what was understood.
CREATE TABLE capture_event (
  capture_id INTEGER NOT NULL, -- capture
  event      TEXT NOT NULL,    -- group:name as in the trace
  point      TEXT,             -- point it was decoded to; NULL: unknown, skipped
  count      INTEGER NOT NULL, -- how often; 0: declared in the trace but never fired (so its absence is known)
  PRIMARY KEY (capture_id, event)
) STRICT, WITHOUT ROWID;

-- Times at which a capture has events of any name, decoded or not: one in each span of some milliseconds. They tell whether
-- the machine went on while a queue stood still, and how long the recording did.
CREATE TABLE capture_time (
  capture_id INTEGER NOT NULL, -- capture
  ns         INTEGER NOT NULL, -- time of an event
  PRIMARY KEY (capture_id, ns)
) STRICT, WITHOUT ROWID;

-- One row per virtio device as one side sees it. A guest row and a host row of one device are joined by device_pair.
CREATE TABLE device (
  device_id           INTEGER NOT NULL PRIMARY KEY, -- dense, from 1
  capture_id          INTEGER NOT NULL, -- capture that saw it
  vm                  TEXT NOT NULL,    -- virtual machine it belongs to
  name                TEXT NOT NULL,    -- guest: virtio0 ...; host: the VMM's id or its address
  address             TEXT,             -- address of the side's own device object, if one was seen
  transport           TEXT NOT NULL DEFAULT 'unknown' CHECK (transport IN ('pci', 'ccw', 'mmio', 'vhost-user', 'unknown')), -- virtio transport
  transport_source    TEXT NOT NULL DEFAULT 'unknown' CHECK (transport_source IN ('facts', 'inferred', 'unknown')), -- how it is known
  kind                TEXT NOT NULL DEFAULT 'unknown', -- net, blk, scsi, vsock ... or unknown
  kind_source         TEXT NOT NULL DEFAULT 'unknown' CHECK (kind_source IN ('facts', 'inferred', 'unknown')), -- how it is known
  bus_id              TEXT,             -- PCI address, ccw bus id or platform device name
  features_negotiated INTEGER,          -- virtio feature bits in force
  access_platform     INTEGER,          -- 1: VIRTIO_F_ACCESS_PLATFORM negotiated
  dma_api             INTEGER,          -- 1: the guest's ring uses the DMA API
  dma_api_reason      TEXT,             -- why it does or does not
  iommu_group_type    TEXT,             -- none, identity, DMA, DMA-FQ
  swiotlb_forced      INTEGER,          -- 1: swiotlb=force or protected guest
  translation         TEXT CHECK (translation IN ('not in path', 'device iotlb', 'viommu')), -- who translates ring addresses; NULL: not known
  translation_reason  TEXT,             -- evidence for it
  vhost               INTEGER,          -- 1: the kernel's vhost serves it
  vmm_pid             INTEGER,          -- process of the VMM on the host
  vmm_id              TEXT,             -- id of the device in the VMM
  active              INTEGER           -- 0: facts name it but no driver was bound
) STRICT;

-- One row per virtual machine whose pool of bounce buffers, or what decides its size, the facts describe.
CREATE TABLE swiotlb_pool (
  vm            TEXT NOT NULL PRIMARY KEY, -- virtual machine
  pool_slots    INTEGER,       -- slots of 2 KiB in the pool
  used_slots    INTEGER,       -- the most that were seen in use
  full          INTEGER,       -- how often the kernel log says that the pool is full
  refused_bytes INTEGER,       -- the largest buffer that it refused then
  option_slots  INTEGER,       -- N of swiotlb=N in the boot parameters
  memory_bytes  INTEGER,       -- memory of the guest
  protection    TEXT CHECK (protection IN ('none', 'x86', 's390')), -- x86: SEV or TDX; s390: Secure Execution
  source        TEXT NOT NULL  -- file that says so
) STRICT, WITHOUT ROWID;

-- One row per thing that a source of facts says: what was read from a file of --facts, from one beside a trace, or from lines
-- that a guest wrote into its trace. Where two sources differ, the anomaly facts-contradict says so.
CREATE TABLE fact (
  vm      TEXT NOT NULL, -- virtual machine
  subject TEXT NOT NULL, -- machine, guest, host, or a device: virtio0 ..., or as its source calls it where the guest's name of it is not known
  name    TEXT NOT NULL, -- what is said of it: vmm, managed_by, viommu, kind, bus_id, transport, vhost, access_platform, offers_packed, queues, ring_size ...
  source  TEXT NOT NULL, -- file that says so
  value   TEXT NOT NULL, -- as text; on or off for what is a switch
  PRIMARY KEY (vm, subject, name, source)
) STRICT, WITHOUT ROWID;

-- One row per virtqueue as one side sees it.
CREATE TABLE queue (
  queue_id     INTEGER NOT NULL PRIMARY KEY, -- dense, from 1
  device_id    INTEGER NOT NULL, -- device
  queue_index  INTEGER,          -- index on its device; NULL: the trace never said
  name         TEXT NOT NULL,    -- rx0, tx0, ctrl, req0 ... by kind and index
  size         INTEGER,          -- ring entries
  layout       TEXT CHECK (layout IN ('split', 'packed')), -- ring layout
  ring_address TEXT,             -- address of the descriptor table as this side knows it
  event_idx    INTEGER,          -- 1: VIRTIO_F_EVENT_IDX negotiated
  indirect     INTEGER,          -- 1: VIRTIO_F_INDIRECT_DESC negotiated
  address      TEXT              -- address of the side's own queue object
) STRICT;

-- One row per queue and epoch (from one ring start to the next), with everything that is counted once per hit.
CREATE TABLE queue_epoch (
  queue_id          INTEGER NOT NULL, -- queue
  epoch             INTEGER NOT NULL, -- 0, 1 ...: ring (re)starts that were seen
  start_ns          INTEGER, -- when the ring was reset; NULL: before the capture
  end_ns            INTEGER, -- when it ended; NULL: after the capture
  anchor            TEXT NOT NULL DEFAULT 'order' CHECK (anchor IN ('start', 'ring', 'order')), -- how positions are known: start = counted or read from a seen ring start; ring = ring index, known modulo 65536; order = counted from the first chain seen, base unknown
  first_position    INTEGER, -- first avail position seen
  last_position     INTEGER, -- last avail position seen
  position_gaps     INTEGER NOT NULL DEFAULT 0, -- jumps in the positions: chains that no probe saw
  adds              INTEGER NOT NULL DEFAULT 0, -- guest: chains published
  failed_adds       INTEGER NOT NULL DEFAULT 0, -- guest: adds that returned an error (no position used)
  full_adds         INTEGER NOT NULL DEFAULT 0, -- guest: of the failed adds, those that found no room in the ring (-ENOSPC)
  unmapped_adds     INTEGER NOT NULL DEFAULT 0, -- guest: of the failed adds, those whose buffers could not be mapped (-ENOMEM, -EIO in old kernels)
  retried_adds      INTEGER NOT NULL DEFAULT 0, -- guest: adds, failed or not, of a request whose last add had failed; probes of 'descry record' do not count them
  gets              INTEGER NOT NULL DEFAULT 0, -- guest: chains reaped
  empty_gets        INTEGER NOT NULL DEFAULT 0, -- guest: get_buf calls that found nothing
  gets_without_add  INTEGER NOT NULL DEFAULT 0, -- guest: reaped chains whose add was not seen
  unseen_gets       INTEGER NOT NULL DEFAULT 0, -- guest: chains that must have been reaped unseen (their token came again)
  doorbell_decisions INTEGER NOT NULL DEFAULT 0, -- guest: decisions whether the device needs a doorbell
  doorbells_needed  INTEGER NOT NULL DEFAULT 0, -- guest: of these, the doorbells that were needed
  doorbells_rung    INTEGER NOT NULL DEFAULT 0, -- guest: doorbells rung
  interrupts        INTEGER NOT NULL DEFAULT 0, -- guest: vring interrupts taken; host: interrupts sent
  bounces           INTEGER NOT NULL DEFAULT 0, -- guest: swiotlb bounces inside adds
  bounce_bytes      INTEGER NOT NULL DEFAULT 0, -- guest: bytes bounced inside adds
  copies_in_get     INTEGER NOT NULL DEFAULT 0, -- guest: swiotlb copies back inside gets
  copy_bytes_in_get INTEGER NOT NULL DEFAULT 0, -- guest: bytes copied back inside gets
  fetches           INTEGER NOT NULL DEFAULT 0, -- host: chains fetched (pops)
  used              INTEGER NOT NULL DEFAULT 0, -- host: chains given back (fills, used entries)
  flushes           INTEGER NOT NULL DEFAULT 0, -- host: used-index writes
  doorbells_seen    INTEGER NOT NULL DEFAULT 0, -- host: doorbells that arrived
  doorbells_other_thread INTEGER NOT NULL DEFAULT 0, -- host: of these, outside the thread that serves the queue
  eagain_fetches    INTEGER NOT NULL DEFAULT 0, -- host: fetches stopped by an IOTLB miss
  empty_fetches     INTEGER NOT NULL DEFAULT 0, -- host: fetches that found the ring empty
  error_fetches     INTEGER NOT NULL DEFAULT 0, -- host: fetches that failed otherwise
  failed_prefetches INTEGER NOT NULL DEFAULT 0, -- host: rounds stopped by a miss on ring metadata
  discarded         INTEGER NOT NULL DEFAULT 0, -- host: fetched chains handed back to be fetched again
  misses            INTEGER NOT NULL DEFAULT 0, -- host: IOTLB misses, own and metadata
  metadata_misses   INTEGER NOT NULL DEFAULT 0, -- host: of these, on ring metadata
  head_mismatches   INTEGER NOT NULL DEFAULT 0, -- host: used entries whose head was not that of the oldest fetched chain
  worker_tid        INTEGER, -- host: thread of vhost, or of a probed QEMU, that fetched last; NULL: not recorded
  PRIMARY KEY (queue_id, epoch)
) STRICT, WITHOUT ROWID;

-- What the guest knows of a chain. Offsets are ns from q_ns.
CREATE TABLE guest_half (
  queue_id        INTEGER NOT NULL, -- guest queue
  epoch           INTEGER NOT NULL, -- epoch of that queue
  position        INTEGER NOT NULL, -- avail position, counted without wrap
  q_ns            INTEGER NOT NULL, -- Q: driver entered virtqueue_add
  m_ns            INTEGER, -- M: last DMA mapping inside the add ended (offset)
  a_ns            INTEGER, -- A: add returned, so the avail index covers the chain (offset, latest possible)
  k_ns            INTEGER, -- K: doorbell rung (offset); NULL: suppressed or not seen, see flags
  k_return_ns     INTEGER, -- the doorbell call returned (offset)
  i_ns            INTEGER, -- I: vring interrupt (offset)
  d_ns            INTEGER, -- first unmap inside get_buf: the used entry has been read by now (offset)
  r_ns            INTEGER, -- R: get_buf returned the chain (offset)
  c_ns            INTEGER, -- C: driver done, after unmap and bounce back (offset)
  head            INTEGER, -- head descriptor, for checks only
  out_count       INTEGER, -- scatter lists the device reads
  in_count        INTEGER, -- scatter lists the device writes
  length_bytes    INTEGER, -- bytes the device says it wrote
  swiotlb_out_ns  INTEGER, -- time inside swiotlb within the add
  swiotlb_search_ns INTEGER, -- of these: slot search and lock wait (mapping without the copy)
  swiotlb_in_ns   INTEGER, -- time inside swiotlb within the get
  bounces         INTEGER, -- bounces within the add
  bounce_bytes    INTEGER, -- bytes bounced within the add
  copies_back     INTEGER, -- copies within the get
  copy_back_bytes INTEGER, -- bytes copied within the get
  iommu_map_ns    INTEGER, -- time in DMA mappings that mapped into a guest IOMMU, within the add
  iommu_unmap_ns  INTEGER, -- time in DMA unmappings that unmapped from a guest IOMMU, within the get
  dma_maps        INTEGER, -- DMA mappings within the add
  dma_identity    INTEGER, -- of these, with the DMA address equal to the physical address
  hits            INTEGER, -- probe hits that made up this half
  flags           INTEGER NOT NULL, -- bits of HalfFlag (schemas/model/flags.hpp): 1 in flight at end, 2 end unseen, 4 doorbell suppressed, 8 add return unseen
  PRIMARY KEY (queue_id, epoch, position)
) STRICT, WITHOUT ROWID;

-- What the host knows of a chain. Offsets are ns from f_ns; points before the fetch are negative.
CREATE TABLE host_half (
  queue_id     INTEGER NOT NULL, -- host queue
  epoch        INTEGER NOT NULL, -- epoch of that queue
  position     INTEGER NOT NULL, -- avail position, counted without wrap
  f_ns         INTEGER NOT NULL, -- f: the chain was fetched (successful get or pop)
  n_ns         INTEGER, -- n: RX packet reached the backend (offset)
  k_ns         INTEGER, -- k: host saw the doorbell (offset)
  w_ns         INTEGER, -- w: worker entered this queue (offset)
  t_ns         INTEGER, -- t: first fetch attempt or first translation for it (offset)
  p_ns         INTEGER, -- p: backend finished (offset)
  u_ns         INTEGER, -- u: about to publish the used entry (offset, earliest possible)
  s_ns         INTEGER, -- s: interrupt sent (offset); NULL: suppressed or not seen
  head         INTEGER, -- head descriptor, for checks only
  out_count    INTEGER, -- segments the device reads
  in_count     INTEGER, -- segments the device writes
  length_bytes INTEGER, -- bytes the device says it wrote
  misses       INTEGER, -- translation misses of this chain
  retries      INTEGER, -- fetch attempts that failed before
  flags        INTEGER NOT NULL, -- bits of HalfFlag: 1 in flight at end, 16 used without a separate index write, 32 doorbell opened this burst
  PRIMARY KEY (queue_id, epoch, position)
) STRICT, WITHOUT ROWID;

-- Doorbells that no half carries (spurious, or their chain was not seen); doorbell_view has all of them.
CREATE TABLE doorbell (
  queue_id INTEGER NOT NULL, -- queue
  ns       INTEGER NOT NULL, -- when
  seq      INTEGER NOT NULL, -- tie breaker
  PRIMARY KEY (queue_id, ns, seq)
) STRICT, WITHOUT ROWID;

-- Interrupts that no half carries; interrupt_view has all of them.
CREATE TABLE interrupt (
  queue_id INTEGER NOT NULL, -- queue
  ns       INTEGER NOT NULL, -- when
  seq      INTEGER NOT NULL, -- tie breaker
  PRIMARY KEY (queue_id, ns, seq)
) STRICT, WITHOUT ROWID;

-- One row per translation miss.
CREATE TABLE iotlb_miss (
  queue_id      INTEGER NOT NULL, -- host queue that stalled
  raised_ns     INTEGER NOT NULL, -- the miss was raised
  seq           INTEGER NOT NULL, -- tie breaker
  epoch         INTEGER NOT NULL, -- epoch of the queue
  position      INTEGER, -- chain that suffered; NULL: ring metadata
  iova          INTEGER NOT NULL, -- missed address (two's complement above 2^63)
  read_ns       INTEGER, -- the VMM read the request
  updated_ns    INTEGER, -- an update covering it was applied
  granted_bytes INTEGER, -- size of that update
  retried_ns    INTEGER, -- the queue came past this miss
  PRIMARY KEY (queue_id, raised_ns, seq)
) STRICT, WITHOUT ROWID;

-- Changes of a device's translation table.
CREATE TABLE iotlb_event (
  capture_id INTEGER NOT NULL, -- capture
  ns         INTEGER NOT NULL, -- when
  seq        INTEGER NOT NULL, -- tie breaker
  kind       TEXT NOT NULL CHECK (kind IN ('update', 'invalidate')), -- what
  iova       INTEGER NOT NULL, -- first address
  bytes      INTEGER, -- length; NULL: unknown
  address    INTEGER, -- update: what it maps to, as the host writes it
  PRIMARY KEY (capture_id, ns, seq)
) STRICT, WITHOUT ROWID;

-- Doorbells that KVM took for a queue (ioeventfd), on their way out of the guest and back into it. The host's own clock.
CREATE TABLE kvm_doorbell (
  queue_id   INTEGER NOT NULL, -- host queue
  ns         INTEGER NOT NULL, -- the device was called: k of host_half
  seq        INTEGER NOT NULL, -- tie breaker
  vcpu_tid   INTEGER NOT NULL, -- thread of the virtual CPU that rang
  exit_ns    INTEGER, -- the virtual CPU had left the guest; NULL: before it was seen
  taken_ns   INTEGER, -- KVM found the ioeventfd
  entered_ns INTEGER, -- the guest ran on
  runnable_ns  INTEGER, -- of exit_ns to ns: the virtual CPU had no host CPU
  PRIMARY KEY (queue_id, ns, seq)
) STRICT, WITHOUT ROWID;

-- Interrupts that KVM took from a queue (irqfd), on their way into the guest. The states of the virtual CPU add up to
-- accepted_ns .. injected_ns; NULL: could not be told apart. The host's own clock.
CREATE TABLE kvm_interrupt (
  queue_id    INTEGER NOT NULL, -- host queue
  ns          INTEGER NOT NULL, -- the device signalled: s of host_half
  seq         INTEGER NOT NULL, -- tie breaker
  vcpu_tid    INTEGER NOT NULL, -- thread of the virtual CPU that gets it
  vector      INTEGER NOT NULL, -- interrupt vector
  accepted_ns INTEGER NOT NULL, -- the virtual interrupt controller accepted it
  injected_ns INTEGER NOT NULL, -- KVM put it into the virtual CPU, which was able to take it
  entered_ns  INTEGER NOT NULL, -- the guest was entered with it
  guest_ns    INTEGER, -- in the guest, which could not be interrupted
  kernel_ns   INTEGER, -- in KVM, at work
  vmm_ns      INTEGER, -- in the VMM
  runnable_ns   INTEGER, -- runnable without a host CPU
  halted_ns   INTEGER, -- halted and asleep, not woken yet
  polling_ns  INTEGER, -- halted, polling for what wakes it up
  merged      INTEGER NOT NULL, -- further signals that came for it before it was injected
  PRIMARY KEY (queue_id, ns, seq)
) STRICT, WITHOUT ROWID;

-- Virtual CPUs as KVM ran them, from begin_ns to the end of the capture.
CREATE TABLE kvm_vcpu (
  capture_id  INTEGER NOT NULL, -- capture
  tid         INTEGER NOT NULL, -- its thread
  vmm_pid     INTEGER NOT NULL, -- process of the VMM
  number      INTEGER NOT NULL, -- its number in the virtual machine
  begin_ns    INTEGER NOT NULL, -- it was first seen
  guest_ns    INTEGER NOT NULL, -- time in the guest
  kernel_ns   INTEGER NOT NULL, -- time in KVM
  vmm_ns      INTEGER NOT NULL, -- time in the VMM
  runnable_ns   INTEGER NOT NULL, -- time runnable without a host CPU
  halted_ns   INTEGER NOT NULL, -- time halted and asleep
  polling_ns  INTEGER NOT NULL, -- time halted and polling
  exits       INTEGER NOT NULL, -- times it left the guest
  vmm_exits   INTEGER NOT NULL, -- of these, those that the VMM had to serve, as far as it returned to it
  halts       INTEGER NOT NULL, -- times it halted and was woken
  polled      INTEGER NOT NULL, -- of these, woken while it polled
  doorbells   INTEGER NOT NULL, -- doorbells that KVM took for any device (ioeventfd)
  doorbells_away_ns INTEGER NOT NULL, -- time from their exit until the guest ran on: what ringing costs the guest
  interrupts  INTEGER NOT NULL, -- interrupts that KVM took from any device for it (irqfd, or a call of the VMM)
  injected    INTEGER NOT NULL, -- of these, injected
  merged      INTEGER NOT NULL, -- of these, merged with an earlier one that was still to be injected
  tsc_offset  INTEGER, -- time stamp counter of the guest minus that of the host; NULL: not known, or they differ in rate
  tsc_since_ns INTEGER, -- it has been that since, as far as was seen
  PRIMARY KEY (capture_id, tid)
) STRICT, WITHOUT ROWID;

-- What the time stamp counter showed at times of the capture's clock.
CREATE TABLE tsc_reading (
  capture_id INTEGER NOT NULL, -- capture
  ns         INTEGER NOT NULL, -- time
  tsc        INTEGER NOT NULL, -- the counter
  error_ns   INTEGER NOT NULL, -- the two were read within +- this
  PRIMARY KEY (capture_id, ns)
) STRICT, WITHOUT ROWID;

-- When worker threads were on a CPU.
CREATE TABLE thread_state (
  capture_id INTEGER NOT NULL, -- capture
  tid        INTEGER NOT NULL, -- thread
  on_ns      INTEGER NOT NULL, -- got the CPU
  off_ns     INTEGER, -- lost it; NULL: still running at the end
  woken_ns   INTEGER, -- was woken before it got the CPU
  PRIMARY KEY (capture_id, tid, on_ns)
) STRICT, WITHOUT ROWID;

-- Time ranges in which events were lost: nothing may be concluded from an absence in them.
CREATE TABLE loss (
  loss_id    INTEGER NOT NULL PRIMARY KEY, -- dense, from 1
  capture_id INTEGER NOT NULL, -- capture
  queue_id   INTEGER, -- only this queue is affected; NULL: the whole capture
  begin_ns   INTEGER NOT NULL, -- start of the range
  end_ns     INTEGER NOT NULL, -- end of the range
  count      INTEGER, -- events lost; NULL: unknown
  reason     TEXT NOT NULL -- discarded, overwritten, missed, gap, truncated; wrapped: overwritten before the trace is whole, which is not damage
) STRICT;

-- Bounce buffers that the tracepoint swiotlb_bounced of a guest saw, inside requests or not, by device.
CREATE TABLE bounce (
  capture_id INTEGER NOT NULL, -- capture
  device     TEXT NOT NULL,    -- the device as the kernel names it: 0000:00:02.0
  bounces    INTEGER NOT NULL, -- mappings that were bounced
  bytes      INTEGER NOT NULL, -- bytes of them
  forced     INTEGER NOT NULL, -- of the mappings, those that the guest forces through bounce buffers
  PRIMARY KEY (capture_id, device)
) STRICT, WITHOUT ROWID;

-- Bad events, counted by kind.
CREATE TABLE anomaly (
  anomaly_id INTEGER NOT NULL PRIMARY KEY, -- dense, from 1
  capture_id INTEGER, -- capture; NULL: found when both sides were put together
  queue_id   INTEGER, -- queue, if one is concerned
  kind       TEXT NOT NULL, -- kebab-case name of what is wrong
  severity   TEXT NOT NULL DEFAULT 'warning' CHECK (severity IN ('info', 'warning', 'error')), -- info: expected now and then; warning: some chains are affected; error: results are doubtful
  count      INTEGER NOT NULL, -- how often
  first_ns   INTEGER, -- first time, on the capture's clock
  last_ns    INTEGER, -- last time
  detail     TEXT NOT NULL -- the first occurrence in words
) STRICT;
