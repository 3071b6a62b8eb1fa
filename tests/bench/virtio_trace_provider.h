// SPDX-License-Identifier: GPL-2.0-or-later
// The tracepoints of QEMU's virtio code with QEMU's names, fields and types, so that a trace made with them is read
// like one of QEMU. LTTng includes this header several times, hence the guard of its own kind instead of #pragma once.
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER qemu

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "tests/bench/virtio_trace_provider.h"

#if !defined(DESCRY_TESTS_BENCH_VIRTIO_TRACE_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define DESCRY_TESTS_BENCH_VIRTIO_TRACE_PROVIDER_H

#include <lttng/tracepoint.h>

#include <cstddef>
#include <cstdint>

// clang-format off
LTTNG_UST_TRACEPOINT_EVENT(qemu, virtio_set_status,
    LTTNG_UST_TP_ARGS(std::uintptr_t, vdev, std::uint8_t, val),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer_hex(std::uintptr_t, vdev, vdev)
        lttng_ust_field_integer(std::uint8_t, val, val)))

LTTNG_UST_TRACEPOINT_EVENT(qemu, virtio_queue_notify,
    LTTNG_UST_TP_ARGS(std::uintptr_t, vdev, int, n, std::uintptr_t, vq),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer_hex(std::uintptr_t, vdev, vdev)
        lttng_ust_field_integer(int, n, n)
        lttng_ust_field_integer_hex(std::uintptr_t, vq, vq)))

LTTNG_UST_TRACEPOINT_EVENT(qemu, virtqueue_alloc_element,
    LTTNG_UST_TP_ARGS(std::uintptr_t, elem, std::size_t, sz, unsigned, in_num, unsigned, out_num),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer_hex(std::uintptr_t, elem, elem)
        lttng_ust_field_integer(std::size_t, sz, sz)
        lttng_ust_field_integer(unsigned, in_num, in_num)
        lttng_ust_field_integer(unsigned, out_num, out_num)))

LTTNG_UST_TRACEPOINT_EVENT(qemu, virtqueue_pop,
    LTTNG_UST_TP_ARGS(std::uintptr_t, vq, std::uintptr_t, elem, unsigned, in_num, unsigned, out_num),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer_hex(std::uintptr_t, vq, vq)
        lttng_ust_field_integer_hex(std::uintptr_t, elem, elem)
        lttng_ust_field_integer(unsigned, in_num, in_num)
        lttng_ust_field_integer(unsigned, out_num, out_num)))

LTTNG_UST_TRACEPOINT_EVENT(qemu, virtio_blk_handle_read,
    LTTNG_UST_TP_ARGS(std::uintptr_t, vdev, std::uintptr_t, req, std::uint64_t, sector, std::size_t, nsectors),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer_hex(std::uintptr_t, vdev, vdev)
        lttng_ust_field_integer_hex(std::uintptr_t, req, req)
        lttng_ust_field_integer(std::uint64_t, sector, sector)
        lttng_ust_field_integer(std::size_t, nsectors, nsectors)))

LTTNG_UST_TRACEPOINT_EVENT(qemu, virtio_blk_handle_write,
    LTTNG_UST_TP_ARGS(std::uintptr_t, vdev, std::uintptr_t, req, std::uint64_t, sector, std::size_t, nsectors),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer_hex(std::uintptr_t, vdev, vdev)
        lttng_ust_field_integer_hex(std::uintptr_t, req, req)
        lttng_ust_field_integer(std::uint64_t, sector, sector)
        lttng_ust_field_integer(std::size_t, nsectors, nsectors)))

LTTNG_UST_TRACEPOINT_EVENT(qemu, virtio_blk_rw_complete,
    LTTNG_UST_TP_ARGS(std::uintptr_t, vdev, std::uintptr_t, req, int, ret),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer_hex(std::uintptr_t, vdev, vdev)
        lttng_ust_field_integer_hex(std::uintptr_t, req, req)
        lttng_ust_field_integer(int, ret, ret)))

LTTNG_UST_TRACEPOINT_EVENT(qemu, virtio_blk_req_complete,
    LTTNG_UST_TP_ARGS(std::uintptr_t, vdev, std::uintptr_t, req, int, status),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer_hex(std::uintptr_t, vdev, vdev)
        lttng_ust_field_integer_hex(std::uintptr_t, req, req)
        lttng_ust_field_integer(int, status, status)))

LTTNG_UST_TRACEPOINT_EVENT(qemu, virtqueue_fill,
    LTTNG_UST_TP_ARGS(std::uintptr_t, vq, std::uintptr_t, elem, unsigned, len, unsigned, idx),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer_hex(std::uintptr_t, vq, vq)
        lttng_ust_field_integer_hex(std::uintptr_t, elem, elem)
        lttng_ust_field_integer(unsigned, len, len)
        lttng_ust_field_integer(unsigned, idx, idx)))

LTTNG_UST_TRACEPOINT_EVENT(qemu, virtqueue_flush,
    LTTNG_UST_TP_ARGS(std::uintptr_t, vq, unsigned, count),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer_hex(std::uintptr_t, vq, vq)
        lttng_ust_field_integer(unsigned, count, count)))

LTTNG_UST_TRACEPOINT_EVENT(qemu, virtio_notify_irqfd,
    LTTNG_UST_TP_ARGS(std::uintptr_t, vdev, std::uintptr_t, vq),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer_hex(std::uintptr_t, vdev, vdev)
        lttng_ust_field_integer_hex(std::uintptr_t, vq, vq)))
// clang-format on

#endif

#include <lttng/tracepoint-event.h>
