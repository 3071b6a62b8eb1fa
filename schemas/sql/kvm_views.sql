-- SPDX-License-Identifier: GPL-2.0-or-later
-- Views of doorbells, interrupts and virtual CPUs as KVM on the host saw them.

-- One row per doorbell that KVM took for a queue.
CREATE VIEW kvm_doorbell_view AS
SELECT
  s.vm AS vm, -- virtual machine
  s.device AS device, -- the guest's name of the device where known, else the host's
  s.queue_index AS queue_index, -- index of the queue on its device
  s.queue_name AS queue_name, -- rx0, tx0, req0 ...
  d.ns + c.origin_ns AS ns, -- the device was called (k), on the host's clock
  d.vcpu_tid AS vcpu_tid, -- thread of the virtual CPU that rang
  d.taken_ns - d.exit_ns AS to_kvm_ns, -- from the exit until KVM found the ioeventfd
  d.ns - d.exit_ns AS exit_ns, -- from the exit until the device was called
  d.entered_ns - d.exit_ns AS away_ns, -- from the exit until the guest ran on: what ringing cost the guest
  d.runnable_ns AS runnable_ns, -- of exit_ns: the virtual CPU had no host CPU
  d.queue_id AS queue_id -- host queue
FROM kvm_doorbell d
JOIN queue q ON q.queue_id = d.queue_id
JOIN device v ON v.device_id = q.device_id
JOIN capture c ON c.capture_id = v.capture_id
JOIN queue_side_view s ON s.queue_id = d.queue_id;

-- One row per interrupt that KVM took from a queue. From the signal to the guest's entry on the host's clock alone.
CREATE VIEW kvm_interrupt_view AS
SELECT
  s.vm AS vm, -- virtual machine
  s.device AS device, -- the guest's name of the device where known, else the host's
  s.queue_index AS queue_index, -- index of the queue on its device
  s.queue_name AS queue_name, -- rx0, tx0, req0 ...
  i.ns + c.origin_ns AS ns, -- the device signalled (s), on the host's clock
  i.vcpu_tid AS vcpu_tid, -- thread of the virtual CPU
  i.vector AS vector, -- interrupt vector
  i.accepted_ns - i.ns AS delivery_ns, -- from the signal until the virtual interrupt controller accepted it
  i.guest_ns AS guest_ns, -- then: in the guest, which could not be interrupted; NULL: the states could not be told apart
  i.kernel_ns AS kernel_ns, -- in KVM, at work
  i.vmm_ns AS vmm_ns, -- in the VMM
  i.runnable_ns AS runnable_ns, -- runnable without a host CPU
  i.halted_ns AS halted_ns, -- halted and asleep
  i.polling_ns AS polling_ns, -- halted, polling
  i.injected_ns - i.ns AS injected_ns, -- from the signal until KVM put it into the virtual CPU
  i.entered_ns - i.ns AS entered_ns, -- from the signal until the guest was entered with it
  i.merged AS merged, -- further signals that came before it was injected
  i.queue_id AS queue_id -- host queue
FROM kvm_interrupt i
JOIN queue q ON q.queue_id = i.queue_id
JOIN device v ON v.device_id = q.device_id
JOIN capture c ON c.capture_id = v.capture_id
JOIN queue_side_view s ON s.queue_id = i.queue_id;

-- One row per virtual CPU as KVM ran it.
CREATE VIEW kvm_vcpu_view AS
SELECT
  v.number AS number, -- its number in the virtual machine
  v.tid AS tid, -- its thread on the host
  v.vmm_pid AS vmm_pid, -- process of the VMM
  v.begin_ns + c.origin_ns AS begin_ns, -- it was first seen, on the clock of the capture
  v.guest_ns AS guest_ns, -- time in the guest
  v.kernel_ns AS kernel_ns, -- time in KVM
  v.vmm_ns AS vmm_ns, -- time in the VMM
  v.runnable_ns AS runnable_ns, -- time runnable without a host CPU
  v.halted_ns AS halted_ns, -- time halted and asleep
  v.polling_ns AS polling_ns, -- time halted and polling
  v.exits AS exits, -- times it left the guest
  v.vmm_exits AS vmm_exits, -- of these, those that the VMM had to serve
  v.halts AS halts, -- times it halted and was woken
  v.polled AS polled, -- of these, woken while it polled
  v.doorbells AS doorbells, -- doorbells that KVM took for any device
  v.doorbells_away_ns AS doorbells_away_ns, -- time from their exit until the guest ran on
  v.doorbells_away_ns / nullif(v.doorbells, 0) AS doorbell_away_ns, -- of one, on average
  v.interrupts AS interrupts, -- interrupts that KVM took from any device for it
  v.injected AS injected, -- of these, injected
  v.merged AS merged, -- of these, merged with one that was still to be injected
  v.tsc_offset AS tsc_offset, -- time stamp counter of the guest minus that of the host
  v.capture_id AS capture_id -- capture
FROM kvm_vcpu v
JOIN capture c ON c.capture_id = v.capture_id;
