# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of the lab: Debian kernels under QEMU, what they run, what is recorded, and whether it came out right."""
