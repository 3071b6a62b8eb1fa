// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/vmm/function_reader.hpp"

#include <capstone/capstone.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <span>

#include "schemas/model/error.hpp"

namespace descry {

namespace {

constexpr std::size_t kRegisters = 16;
constexpr std::size_t kMostInstructions = 400;
using Registers = std::array<Value, kRegisters>;

/// Which of the 16 registers, and how many bytes of it; nothing for others.
struct RegisterPart {
  std::size_t number = 0;
  unsigned bytes = 0;
};
std::optional<RegisterPart> partOf(x86_reg reg) {
  // In the order of this table, which is that of no other thing: rax first, for results; rdi and rsi are the arguments.
  static constexpr std::array<std::array<x86_reg, 4>, kRegisters> kNames = {{
      {X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL},
      {X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL},
      {X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL},
      {X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL},
      {X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL},
      {X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL},
      {X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL},
      {X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL},
      {X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B},
      {X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B},
      {X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B},
      {X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B},
      {X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B},
      {X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B},
      {X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B},
      {X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B},
  }};
  constexpr std::array<unsigned, 4> kBytes = {8, 4, 2, 1};
  for (std::size_t number = 0; number < kRegisters; ++number)
    for (std::size_t part = 0; part < kBytes.size(); ++part)
      if (kNames[number][part] == reg) return RegisterPart{number, kBytes[part]};
  return {};
}
constexpr std::size_t kResult = 0, kFirst = 1, kSecond = 2;

class Reader {
 public:
  Reader(const ProgramFile::Function& function, const Value& first) : m_function(function) {
    m_registers[kFirst] = first;
    m_registers[kSecond] = {Value::kNumber, 0, 1};
  }

  void take(csh handle, const cs_insn& instruction);
  FunctionReading result() && { return std::move(m_reading); }

 private:
  Value addressOf(const x86_op_mem& memory, std::uint64_t next) const;
  Value valueOf(const cs_x86_op& operand, std::uint64_t next);
  Value load(const Value& address, unsigned bytes);
  Value resultOf(const cs_insn& instruction, std::span<const cs_x86_op> operands, std::uint64_t next);
  void jump(const cs_insn& instruction, std::span<const cs_x86_op> operands);
  void arriveAt(std::uint64_t address);
  void forgetWritten(csh handle, const cs_insn& instruction);

  ProgramFile::Function m_function;
  FunctionReading m_reading;
  Registers m_registers{};
  bool m_reached = true;                          ///< the instruction before goes on to the next one
  std::map<std::uint64_t, Registers> m_jumpedTo;  ///< what the registers hold there
};

Value sum(const Value& a, const Value& b) {
  if (a.base == Value::kUnknown || b.base == Value::kUnknown) return {};
  if (a.base != Value::kNumber && b.base != Value::kNumber) return {};
  return {a.base == Value::kNumber ? b.base : a.base, a.offset + b.offset, a.scale + b.scale};
}

Value product(const Value& a, std::int64_t factor) {
  constexpr std::int64_t kMost = 1 << 24;  // of what a structure can be; keeps products within 64 bits
  if (factor == 1) return a;
  if (a.base != Value::kNumber || std::abs(factor) > kMost || std::abs(a.offset) > kMost || std::abs(a.scale) > kMost)
    return {};
  return {Value::kNumber, a.offset * factor, a.scale * factor};
}

Value Reader::addressOf(const x86_op_mem& memory, std::uint64_t next) const {
  if (memory.segment != X86_REG_INVALID) return {};
  Value address{Value::kNumber, memory.disp, 0};
  if (memory.base == X86_REG_RIP) return {Value::kNumber, static_cast<std::int64_t>(next) + memory.disp, 0};
  if (memory.base != X86_REG_INVALID) {
    const auto part = partOf(memory.base);
    if (!part || part->bytes != 8) return {};
    address = sum(address, m_registers[part->number]);
  }
  if (memory.index != X86_REG_INVALID) {
    const auto part = partOf(memory.index);
    if (!part || part->bytes != 8) return {};
    address = sum(address, product(m_registers[part->number], memory.scale));
  }
  return address;
}

Value Reader::load(const Value& address, unsigned bytes) {
  if (address.base == Value::kUnknown) return {};
  auto& all = m_reading.accesses;
  auto found = std::ranges::find_if(
      all, [&](const Access& access) { return access.address == address && access.bytes == bytes; });
  if (found == all.end()) found = all.insert(all.end(), {address, bytes});
  return {static_cast<int>(found - all.begin()) + 1, 0, 0};
}

Value Reader::valueOf(const cs_x86_op& operand, std::uint64_t next) {
  if (operand.type == X86_OP_IMM) return {Value::kNumber, operand.imm, 0};
  if (operand.type == X86_OP_MEM) return load(addressOf(operand.mem, next), operand.size);
  if (operand.type != X86_OP_REG) return {};
  const auto part = partOf(operand.reg);
  // A part of a register counts as the whole: indices are shorts or ints that are made long, and never negative.
  return part && part->bytes >= 2 ? m_registers[part->number] : Value{};
}

Value Reader::resultOf(const cs_insn& instruction, std::span<const cs_x86_op> operands, std::uint64_t next) {
  switch (instruction.id) {
    case X86_INS_MOV:
    case X86_INS_MOVZX:
    case X86_INS_MOVSXD:
    case X86_INS_MOVABS:
      return valueOf(operands[1], next);
    case X86_INS_LEA:
      return operands[1].type == X86_OP_MEM ? addressOf(operands[1].mem, next) : Value{};
    case X86_INS_ADD:
      return sum(valueOf(operands[0], next), valueOf(operands[1], next));
    case X86_INS_SUB:
      return operands[1].type == X86_OP_IMM ? sum(valueOf(operands[0], next), {Value::kNumber, -operands[1].imm, 0})
                                            : Value{};
    case X86_INS_SHL:
      return operands[1].type == X86_OP_IMM && operands[1].imm < 24
                 ? product(valueOf(operands[0], next), std::int64_t{1} << operands[1].imm)
                 : Value{};
    case X86_INS_IMUL:
      return operands.size() == 3 && operands[2].type == X86_OP_IMM
                 ? product(valueOf(operands[1], next), operands[2].imm)
                 : Value{};
    case X86_INS_XOR:
      return operands[1].type == X86_OP_REG && operands[0].type == X86_OP_REG && operands[0].reg == operands[1].reg
                 ? Value{Value::kNumber, 0, 0}
                 : Value{};
    default:
      return {};
  }
}

void Reader::forgetWritten(csh handle, const cs_insn& instruction) {
  cs_regs read{}, written{};
  std::uint8_t reads = 0, writes = 0;
  if (cs_regs_access(handle, &instruction, read, &reads, written, &writes) != CS_ERR_OK) return;
  for (std::size_t i = 0; i < writes; ++i)
    if (const auto part = partOf(static_cast<x86_reg>(written[i]))) m_registers[part->number] = {};
}

/// What is known where two ways meet is what is the same on both.
void Reader::arriveAt(std::uint64_t address) {
  const auto jumped = m_jumpedTo.find(address);
  if (jumped == m_jumpedTo.end()) {
    if (!m_reached) m_registers = {};
  } else if (!m_reached) {
    m_registers = jumped->second;
  } else {
    for (std::size_t i = 0; i < kRegisters; ++i)
      if (m_registers[i] != jumped->second[i]) m_registers[i] = {};
  }
  m_reached = true;
}

void Reader::jump(const cs_insn& instruction, std::span<const cs_x86_op> operands) {
  m_reached = instruction.id != X86_INS_JMP;
  if (operands.empty() || operands[0].type != X86_OP_IMM) return;
  const auto target = static_cast<std::uint64_t>(operands[0].imm);
  if (target >= m_function.address && target < m_function.address + m_function.bytes)
    m_jumpedTo.try_emplace(target, m_registers);
  else if (std::ranges::find(m_reading.leavesTo, target) == m_reading.leavesTo.end())
    m_reading.leavesTo.push_back(target);
}

void Reader::take(csh handle, const cs_insn& instruction) {
  const std::uint64_t next = instruction.address + instruction.size;
  if (m_reading.firstOther == 0 && instruction.id == X86_INS_ENDBR64) return;
  if (m_reading.firstOther == 0) {
    m_reading.firstOther = instruction.address;
    m_reading.beginsWithPush = instruction.id == X86_INS_PUSH;
  }
  arriveAt(instruction.address);
  const cs_x86& x86 = instruction.detail->x86;
  const std::span<const cs_x86_op> operands(x86.operands, x86.op_count);
  if (cs_insn_group(handle, &instruction, CS_GRP_JUMP)) return jump(instruction, operands);
  if (instruction.id == X86_INS_RET) {
    m_reached = false;
    if (!m_reading.returned && m_registers[kResult].base != Value::kUnknown) m_reading.returned = m_registers[kResult];
    return;
  }
  const Value result = operands.size() < 2 ? Value{} : resultOf(instruction, operands, next);
  if (instruction.id != X86_INS_LEA && instruction.id != X86_INS_NOP)
    for (const cs_x86_op& operand : operands)
      if (operand.type == X86_OP_MEM) load(addressOf(operand.mem, next), operand.size);
  forgetWritten(handle, instruction);
  if (operands.empty() || operands[0].type != X86_OP_REG || result.base == Value::kUnknown) return;
  if (const auto part = partOf(operands[0].reg); part && part->bytes >= 4) m_registers[part->number] = result;
}

}  // namespace

FunctionReading readFunction(const ProgramFile& program, const ProgramFile::Function& function, const Value& first) {
  const std::vector<std::uint8_t> code = program.code(function);
  csh handle = 0;
  if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK) throw Error("machine code cannot be decoded here");
  const std::unique_ptr<csh, std::function<void(csh*)>> close(&handle, [](csh* open) { cs_close(open); });
  cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
  cs_insn* instructions = nullptr;
  const std::size_t count =
      cs_disasm(handle, code.data(), code.size(), function.address, kMostInstructions, &instructions);
  if (count == 0) throw Error(fmt::format("the code at 0x{:x} cannot be decoded", function.address));
  const std::unique_ptr<cs_insn, std::function<void(cs_insn*)>> free(instructions,
                                                                     [count](cs_insn* all) { cs_free(all, count); });
  Reader reader(function, first);
  for (const cs_insn& instruction : std::span(instructions, count)) reader.take(handle, instruction);
  return std::move(reader).result();
}

}  // namespace descry
