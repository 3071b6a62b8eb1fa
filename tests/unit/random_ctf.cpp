// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/random_ctf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <fstream>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "collector/decode/descry_records.hpp"

namespace descry {

namespace {

/// Bits in the order of CTF: from the low bits of a byte on in little-endian, from the high ones in big-endian.
class Bits {
 public:
  void align(std::uint64_t bits) {
    while (m_count % bits != 0) append(0);
  }
  void put(std::uint64_t value, unsigned bits, bool big) {
    for (unsigned i = 0; i < bits; ++i) {
      const unsigned at = big ? bits - 1 - i : i;
      append(at < 64 ? value >> at & 1U : 0, big);
    }
  }
  /// Overwrites whole bytes that were put before.
  void replace(std::uint64_t at, std::uint64_t value, bool big) {
    for (unsigned i = 0; i < 8; ++i) m_bytes[at / 8 + i] = static_cast<char>(value >> 8 * (big ? 7 - i : i) & 0xffU);
  }
  std::uint64_t count() const { return m_count; }
  const std::vector<char>& bytes() const { return m_bytes; }

 private:
  void append(std::uint64_t bit, bool big = false) {
    if (m_count % 8 == 0) m_bytes.push_back(0);
    m_bytes.back() =
        static_cast<char>(m_bytes.back() | static_cast<char>(bit << (big ? 7 - m_count % 8 : m_count % 8)));
    ++m_count;
  }

  std::vector<char> m_bytes;
  std::uint64_t m_count = 0;
};

using Write = std::function<void(Bits&)>;

/// A field as the metadata declares it, and how to write a value of it.
struct Declared {
  std::string text;  ///< with its name and semicolon
  std::uint64_t align = 1;
  Write write;
};

class World {
 public:
  World(std::filesystem::path directory, std::uint32_t seed)
      : m_directory(std::move(directory)),
        m_random(seed),
        m_big(one(2)),
        m_header(one(4)),
        m_frequency(one(2) ? 1'000'000'000 : 24'000'000) {}

  void write() {
    std::filesystem::create_directories(m_directory);
    const std::string order = m_big ? "be" : "le";
    m_text = "/* CTF 1.8 */\n" + integer(64, 8, false, "", "u64_t") + integer(32, 8, false, "", "u32_t") +
             integer(64, 8, false, "map = clock.ticks.value; ", "time64_t") +
             fmt::format(
                 "trace {{ major = 1; minor = 8; uuid = \"2a6422d0-6cee-11e0-8c08-cb07d7b3a564\"; byte_order = "
                 "{}; packet.header := struct {{ u32_t magic; integer {{ size = 8; }} uuid[16]; u32_t stream_id; "
                 "u64_t stream_instance_id; }}; }};\n",
                 order) +
             "env { tracer_name = \"lttng-ust\"; tracer_major = 2; tracer_minor = 13; hostname = \"random\"; };\n" +
             fmt::format("clock {{ name = ticks; freq = {}; offset_s = 5; offset = 17; }};\n", m_frequency);
    const Declared header = eventHeader();
    const std::vector<Declared> context = fields(true);
    m_text += fmt::format(
        "stream {{ id = 0; packet.context := struct {{ time64_t timestamp_begin; time64_t timestamp_end; u64_t content_size; u64_t "
        "packet_size; u64_t packet_seq_num; u64_t events_discarded; u32_t cpu_id; }}; event.header := {} "
        "event.context := {}; }};\n",
        header.text, structure(context));
    declareEvents();
    std::ofstream(m_directory / "metadata") << m_text;
    const std::uint32_t streams = 1 + one(3);
    for (std::uint32_t stream = 0; stream < streams; ++stream) writeStream(stream, context);
  }

 private:
  struct EventKind {
    std::uint64_t id;
    std::vector<Declared> context, payload;
  };

  std::uint32_t one(std::uint32_t of) { return static_cast<std::uint32_t>(m_random() % of); }
  std::uint64_t number() { return one(3) == 0 ? m_random() : m_random() & 0xff; }
  std::string name() { return fmt::format("_f{}", m_names++); }

  static std::string integer(unsigned bits, unsigned align, bool isSigned, const std::string& more,
                             const std::string& alias) {
    const std::string type = fmt::format("integer {{ size = {}; align = {}; signed = {}; {}}}", bits, align,
                                         isSigned ? "true" : "false", more);
    return alias.empty() ? type : fmt::format("typealias {} := {};\n", type, alias);
  }

  static std::string structure(const std::vector<Declared>& members) {
    std::string text = "struct { ";
    for (const Declared& member : members) text += member.text + " ";
    return text + "}";
  }
  static std::uint64_t alignmentOf(const std::vector<Declared>& members) {
    std::uint64_t align = 1;
    for (const Declared& member : members) align = std::max(align, member.align);
    return align;
  }
  static void writeAll(Bits& bits, const std::vector<Declared>& members) {
    bits.align(alignmentOf(members));
    for (const Declared& member : members) {
      bits.align(member.align);
      member.write(bits);
    }
  }

  Declared integerField(const std::string& called, unsigned bits, unsigned align, bool isSigned) {
    // Bits of both orders in one byte are not defined; whole bytes may be of either.
    const bool big = bits % 8 == 0 && align % 8 == 0 && one(4) == 0 ? !m_big : m_big;
    const std::string order = big == m_big ? "" : big ? "byte_order = be; " : "byte_order = le; ";
    return {fmt::format("{} {};", integer(bits, align, isSigned, order, ""), called), align,
            [this, bits, big](Bits& out) { out.put(number(), bits, big); }};
  }

  Declared randomInteger(const std::string& called) {
    constexpr unsigned kWhole[] = {8, 16, 32, 64};
    constexpr unsigned kAligns[] = {8, 8, 8, 16, 32, 64};
    if (one(3) == 0) return integerField(called, 1 + one(64), 1, one(2) != 0);
    return integerField(called, kWhole[one(4)], kAligns[one(6)], one(2) != 0);
  }

  Declared text() {
    return {fmt::format("string {};", name()), 8, [this](Bits& out) { putText(out); }};
  }
  void putText(Bits& out) {
    for (std::uint32_t left = one(12); left > 0; --left) out.put('a' + one(26), 8, false);
    out.put(0, 8, false);
  }
  Declared letters() {
    const std::uint32_t length = 1 + one(16);
    return {fmt::format("integer {{ size = 8; align = 8; encoding = UTF8; }} {}[{}];", name(), length), 8,
            [this, length](Bits& out) {
              for (std::uint32_t i = 0; i < length; ++i) out.put(one(4) == 0 ? 0 : 'a' + one(26), 8, false);
            }};
  }
  Declared real() {
    return {fmt::format("floating_point {{ exp_dig = 11; mant_dig = 53; align = 8; }} {};", name()), 8,
            [this](Bits& out) { out.put(m_random(), 64, m_big); }};
  }
  Declared array() {
    const std::uint32_t length = one(5);
    const std::string called = name();
    const Declared element = randomInteger(called);
    std::string declared = element.text;
    declared.insert(declared.size() - 1, fmt::format("[{}]", length));
    return {declared, element.align, [element, length](Bits& out) {
              for (std::uint32_t i = 0; i < length; ++i) {
                out.align(element.align);
                element.write(out);
              }
            }};
  }
  /// Two fields: the length and what is so long.
  void sequence(std::vector<Declared>& into) {
    const std::string length = "_" + name();
    const auto count = std::make_shared<std::uint32_t>();
    into.push_back({fmt::format("{} {};", integer(8, 8, false, "", ""), length), 8, [this, count](Bits& out) {
                      *count = one(5);
                      out.put(*count, 8, false);
                    }});
    const bool isText = one(3) == 0;
    const Declared element = isText
                                 ? Declared{fmt::format("string {};", name()), 8, [this](Bits& out) { putText(out); }}
                                 : randomInteger(name());
    std::string declared = element.text;
    declared.insert(declared.size() - 1, fmt::format("[{}]", length));
    into.push_back({declared, element.align, [element, count](Bits& out) {
                      for (std::uint32_t i = 0; i < *count; ++i) {
                        out.align(element.align);
                        element.write(out);
                      }
                    }});
  }
  /// Two fields: an enumeration and what it chooses.
  void variant(std::vector<Declared>& into) {
    const std::string tag = name();
    const auto chosen = std::make_shared<std::uint32_t>();
    into.push_back({fmt::format("enum : {} {{ A = 0 ... 3, B, \"C\" = 7 }} {};", integer(5, 1, false, "", ""), tag), 1,
                    [this, chosen](Bits& out) {
                      *chosen = one(3);
                      const std::uint64_t value = *chosen == 0 ? one(4) : *chosen == 1 ? 4 : 7;
                      out.put(value, 5, m_big);
                    }});
    const std::vector<Declared> inner = {randomInteger("_x"), randomInteger("_y")};
    const Declared number = randomInteger("B");
    into.push_back(
        {fmt::format("variant <{}> {{ {} A; {} string C; }} {};", tag, structure(inner), number.text, name()), 1,
         [this, chosen, inner, number](Bits& out) {
           if (*chosen == 0) return writeAll(out, inner);
           out.align(*chosen == 1 ? number.align : 8);
           if (*chosen == 1) return number.write(out);
           putText(out);
         }});
  }

  void addRandom(std::vector<Declared>& into, bool withReferences = true) {
    switch (one(withReferences ? 8 : 4)) {
      case 0:
        return into.push_back(text());
      case 1:
        return into.push_back(letters());
      case 2:
        return into.push_back(real());
      case 3:
        return into.push_back(array());
      case 4:
        return sequence(into);
      case 5:
        return variant(into);
      default:
        return into.push_back(randomInteger(name()));
    }
  }

  std::vector<Declared> fields(bool withThread) {
    std::vector<Declared> all;
    for (std::uint32_t i = one(3); i > 0; --i) addRandom(all);
    if (withThread) all.push_back(integerField("_vtid", 32, 8, true));
    for (std::uint32_t i = one(3); i > 0; --i) addRandom(all);
    return all;
  }

  void addKnown(std::vector<Declared>& into, const std::string& called, std::uint32_t below) {
    constexpr unsigned kAligns[] = {8, 32, 64};
    const unsigned align = kAligns[one(3)];
    into.push_back({fmt::format("{} _{};", integer(32, align, false, "", ""), called), align,
                    [this, below](Bits& out) { out.put(one(below), 32, m_big); }});
  }

  void declareEvents() {
    for (const char* event : {"qemu:virtqueue_pop", "qemu:virtqueue_flush", "swiotlb_bounced", "other:thing"}) {
      EventKind kind{.id = m_events.size() + (m_header == 1 && one(2) ? 100U : 0U)};
      kind.payload = fields(false);
      const std::string_view named = event;
      if (named == "qemu:virtqueue_pop") {
        addKnown(kind.payload, "vq", 4);
        addKnown(kind.payload, "elem", 100000);
        if (one(2)) addRandom(kind.payload);
        addKnown(kind.payload, "in_num", 70000);
        addKnown(kind.payload, "out_num", 10);
      } else if (named == "qemu:virtqueue_flush") {
        addKnown(kind.payload, "vq", 4);
        addKnown(kind.payload, "count", 10);
      } else if (named == "swiotlb_bounced") {
        addKnown(kind.payload, "dev_addr", 1U << 30U);
        kind.payload.push_back({"string _dev_name;", 8, [this](Bits& out) { putText(out); }});
        addKnown(kind.payload, "size", 5000);
      }
      for (std::uint32_t i = one(2); i > 0; --i) addRandom(kind.payload);
      declare(event, std::move(kind));
    }
    declareRecords();
  }

  void declare(const std::string& event, EventKind kind) {
    std::string context;
    if (one(3) == 0) {
      // Babeltrace 2.0 aborts when it meets a length or a tag in an event's own context.
      for (std::uint32_t i = one(3); i > 0; --i) addRandom(kind.context, false);
      if (!kind.context.empty()) context = fmt::format("context := {}; ", structure(kind.context));
    }
    m_text += fmt::format("event {{ name = \"{}\"; id = {}; stream_id = 0; loglevel = 13; {}fields := {}; }};\n", event,
                          kind.id, context, structure(kind.payload));
    m_events.push_back(std::move(kind));
  }

  /// A batch of records of our own recorder.
  void declareRecords() {
    EventKind kind{.id = m_events.size()};
    const auto count = std::make_shared<std::uint32_t>();
    kind.payload.push_back({"u64_t _layout;", 8, [this](Bits& out) { out.put(recordLayout(), 64, m_big); }});
    kind.payload.push_back({"u32_t __numbers_length;", 8, [this, count](Bits& out) {
                              std::size_t numbers = 0;
                              fillRecords(numbers);
                              *count = static_cast<std::uint32_t>(numbers);
                              out.put(*count, 32, m_big);
                            }});
    kind.payload.push_back({"u64_t _numbers[__numbers_length];", 8, [this](Bits& out) {
                              for (const std::uint64_t number : m_records) out.put(number, 64, m_big);
                            }});
    declare("descry:records", std::move(kind));
  }
  template <typename Structure>
  void put(const Structure& structure) {
    std::array<std::uint64_t, sizeof structure / sizeof(std::uint64_t)> words{};
    std::memcpy(words.data(), &structure, sizeof structure);
    m_records.insert(m_records.end(), words.begin(), words.end());
  }
  void fillRecords(std::size_t& numbers) {
    m_records.clear();
    descry_host_half half{};
    half.header.type = Descry_host_half;
    half.header.ns = m_now;
    half.vq = one(4);
    half.position = m_random() % 65536;
    half.len = static_cast<decltype(half.len)>(one(4096));
    put(half);
    descry_host_used used{};
    used.header.type = Descry_host_used;
    used.header.ns = m_now;
    used.vq = half.vq;
    used.first_position = half.position + 1;
    used.count = static_cast<decltype(used.count)>(one(4));
    put(used);
    for (std::uint32_t chain = 0; chain < used.count; ++chain)
      put(descry_used_chain{m_random(), m_random(), m_random(), m_random()});
    numbers = m_records.size();
  }

  /// LTTng's two headers, and two as barectf writes them.
  Declared eventHeader() {
    const std::string time = "map = clock.ticks.value; ";
    const unsigned idBits = m_header == 0 ? 5 : 16, timeBits = m_header == 0 ? 27 : 32;
    if (m_header >= 2)
      return {fmt::format(
                  "struct {{ {} id; {} timestamp; }} align({});", integer(m_header == 2 ? 8 : 16, 8, false, "", ""),
                  integer(m_header == 2 ? 64 : 32, m_header == 2 ? 64 : 32, false, time, ""), m_header == 2 ? 64 : 32),
              8, nullptr};
    return {
        fmt::format(
            "struct {{ enum : {} {{ compact = 0 ... {}, extended = {} }} id; variant <id> {{ struct {{ {} timestamp; }} "
            "compact; struct {{ u32_t id; time64_t timestamp; }} extended; }} v; }} align(8);",
            integer(idBits, idBits == 5 ? 1 : 8, false, "", ""), idBits == 5 ? 30 : 65534, idBits == 5 ? 31 : 65535,
            integer(timeBits, timeBits == 27 ? 1 : 8, false, time, "")),
        8, nullptr};
  }
  void putEventHeader(Bits& out, std::uint64_t id) {
    if (m_header >= 2) {
      const unsigned bits = m_header == 2 ? 64 : 32;
      out.align(bits);
      out.put(id, m_header == 2 ? 8 : 16, m_big);
      out.align(bits);
      out.put(m_now, bits, m_big);
      return;
    }
    out.align(8);
    const unsigned idBits = m_header == 0 ? 5 : 16, timeBits = m_header == 0 ? 27 : 32;
    const std::uint64_t extended = (1U << idBits) - 1;
    if (id >= extended || one(5) == 0 || m_now - m_lastWritten >= 1U << 26U) {
      out.put(extended, idBits, m_big);
      out.align(8);
      out.put(id, 32, m_big);
      out.put(m_now, 64, m_big);
    } else {
      out.put(id, idBits, m_big);
      out.put(m_now, timeBits, m_big);
    }
    m_lastWritten = m_now;
  }

  void writeStream(std::uint32_t stream, const std::vector<Declared>& context) {
    constexpr unsigned char kUuid[] = {0x2a, 0x64, 0x22, 0xd0, 0x6c, 0xee, 0x11, 0xe0,
                                       0x8c, 0x08, 0xcb, 0x07, 0xd7, 0xb3, 0xa5, 0x64};
    std::ofstream file(m_directory / fmt::format("stream_{}", stream), std::ios::binary);
    m_now = 1'000'000 + one(1000);
    std::uint64_t sequence = one(3), discarded = one(2) ? one(9) : 0;
    for (std::uint32_t packets = 1 + one(6); packets > 0; --packets) {
      Bits out;
      out.put(0xc1fc1fc1, 32, m_big);
      for (const unsigned char byte : kUuid) out.put(byte, 8, false);
      out.put(0, 32, m_big);
      out.put(stream, 64, m_big);
      const std::uint64_t times = out.count();
      m_lastWritten = m_now;
      for (const std::uint64_t value : {m_now, m_now, std::uint64_t{0}, std::uint64_t{0}, sequence, discarded})
        out.put(value, 64, m_big);
      out.put(stream, 32, m_big);
      for (std::uint32_t events = one(40); events > 0; --events) {
        m_now += one(20) == 0 ? 1U << (20 + one(12)) : one(500);
        const EventKind& kind = m_events[one(static_cast<std::uint32_t>(m_events.size()))];
        putEventHeader(out, kind.id);
        if (!context.empty()) writeAll(out, context);
        if (!kind.context.empty()) writeAll(out, kind.context);
        if (!kind.payload.empty()) writeAll(out, kind.payload);
      }
      const std::uint64_t content = out.count();
      out.align(8);
      m_now += one(100);
      for (std::uint32_t padding = one(200); padding > 0; --padding) out.put(0xee, 8, false);
      out.replace(times + 64, m_now, m_big);
      out.replace(times + 128, content, m_big);
      out.replace(times + 192, out.count(), m_big);
      file.write(out.bytes().data(), static_cast<std::streamsize>(out.bytes().size()));
      sequence += 1 + (one(5) == 0 ? one(4) : 0);
      discarded += one(4) == 0 ? one(50) : 0;
    }
  }

  std::filesystem::path m_directory;
  std::mt19937_64 m_random;
  bool m_big;
  std::uint32_t m_header;  ///< compact, large, small, middle
  std::uint64_t m_frequency;
  std::string m_text;
  std::vector<EventKind> m_events;
  std::vector<std::uint64_t> m_records;
  std::uint64_t m_now = 0, m_lastWritten = 0;
  int m_names = 0;
};

}  // namespace

void writeRandomCtf(const std::filesystem::path& directory, std::uint32_t seed) {
  World(directory, seed).write();
}

}  // namespace descry
