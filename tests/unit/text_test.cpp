// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "schemas/text/escape.hpp"
#include "schemas/text/number.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {
namespace {

TEST(Quantity, TimesHaveThreeSignificantDigits) {
  EXPECT_EQ(timeText(Ns{0}), "0 ns");
  EXPECT_EQ(timeText(Ns{999}), "999 ns");
  EXPECT_EQ(timeText(Ns{1000}), "1.00 us");
  EXPECT_EQ(timeText(Ns{9994}), "9.99 us");
  EXPECT_EQ(timeText(Ns{9996}), "10.0 us");
  EXPECT_EQ(timeText(Ns{99'960}), "100 us");
  EXPECT_EQ(timeText(Ns{999'499}), "999 us");
  EXPECT_EQ(timeText(Ns{999'500}), "1.00 ms");
  EXPECT_EQ(timeText(Ns{45'100'000}), "45.1 ms");
  EXPECT_EQ(timeText(Ns{1'234'000'000'000}), "1234 s");
  EXPECT_EQ(timeText(Ns{-1500}), "-1.50 us");
  EXPECT_EQ(timeText(1499.6), "1.50 us");
  EXPECT_EQ(timeText(0.4), "0 ns");
  EXPECT_EQ(timeText(std::numeric_limits<Ns>::min()), "-9223372037 s");
  EXPECT_EQ(signedTimeText(Ns{1500}), "+1.50 us");
  EXPECT_EQ(signedTimeText(Ns{-381}), "-381 ns");
  EXPECT_EQ(exactSeconds(-1'234'567'890), "-1.234567890 s");
}

TEST(Quantity, CountsHaveThousandsSeparators) {
  EXPECT_EQ(countText(0), "0");
  EXPECT_EQ(countText(999), "999");
  EXPECT_EQ(countText(1000), "1,000");
  EXPECT_EQ(countText(1234567), "1,234,567");
  EXPECT_EQ(countText(-1234), "-1,234");
  EXPECT_EQ(countText(1, "chain", "chains"), "1 chain");
}

TEST(Quantity, SharesTellNothingFromLittle) {
  EXPECT_EQ(percentText(0), "-");
  EXPECT_EQ(percentText(0.0001), "<0.1 %");
  EXPECT_EQ(percentText(0.0005), "0.1 %");
  EXPECT_EQ(percentText(0.7249), "72.5 %");
  EXPECT_EQ(percentText(1), "100.0 %");
}

TEST(Quantity, ChangesHaveASign) {
  EXPECT_EQ(changeText(0.1234), "+12.3 %");
  EXPECT_EQ(changeText(-0.04), "-4.0 %");
  EXPECT_EQ(changeText(0.9996), "+100 %");
  EXPECT_EQ(changeText(1.234), "+123 %");
}

TEST(Quantity, BytesAreExactWhileTheyAreFew) {
  EXPECT_EQ(bytesText(1), "1 byte");
  EXPECT_EQ(bytesText(4096), "4,096 bytes");
  EXPECT_EQ(bytesText(9999), "9,999 bytes");
  EXPECT_EQ(bytesText(10'000), "10.0 kB");
  EXPECT_EQ(bytesText(732'984), "733 kB");
  EXPECT_EQ(bytesText(999'499), "999 kB");
  EXPECT_EQ(bytesText(999'500), "1.00 MB");
  EXPECT_EQ(bytesText(15'741'246), "15.7 MB");
  EXPECT_EQ(bytesText(-15'741'246), "-15.7 MB");
}

TEST(Quantity, RatesHaveThreeSignificantDigits) {
  EXPECT_EQ(rateText(0), "0 /s");
  EXPECT_EQ(rateText(0.254), "0.25 /s");
  EXPECT_EQ(rateText(12.345), "12.3 /s");
  EXPECT_EQ(rateText(123456.4), "123,456 /s");
}

TEST(Quantity, ANumberIsReadWithWhateverUnitStandsBehindIt) {
  EXPECT_EQ(parseQuantity(" 1.5 ms ")->value, 1.5);
  EXPECT_EQ(parseQuantity(" 1.5 ms ")->unit, "ms");
  EXPECT_EQ(parseQuantity("20%")->unit, "%");
  EXPECT_EQ(parseQuantity("-3")->value, -3);
  EXPECT_EQ(parseQuantity("-3")->unit, "");
  for (const char* text : {"", " ", "ms", "nan", "inf", "+1", "1e999"}) EXPECT_FALSE(parseQuantity(text)) << text;
}

TEST(Quantity, DurationsNeedAUnitOfTime) {
  EXPECT_EQ(parseDuration("100us"), 100'000);
  EXPECT_EQ(parseDuration("100 µs"), 100'000);
  EXPECT_EQ(parseDuration("1.5 ms"), 1'500'000);
  EXPECT_EQ(parseDuration("2m"), 120e9);
  EXPECT_EQ(parseDuration("2min"), 120e9);
  EXPECT_EQ(parseDuration("1h"), 3600e9);
  for (const char* text : {"", "100", "100 kB", "5 %", "1e300s", "300000h0", "1 s 2"})
    EXPECT_FALSE(parseDuration(text)) << text;
}

TEST(Quantity, WhatIsWrittenIsReadAgain) {
  for (const Ns ns : {0L, 17L, 381'000L, 1'230'000L, 45'100'000L, 3'200'000'000L})
    EXPECT_EQ(parseDuration(timeText(ns)), static_cast<double>(ns));
}

TEST(Escape, BytesThatAreNoCharacterAreReplaced) {
  EXPECT_EQ(utf8("a\xff"
                 "b"),
            "a\uFFFDb");
  EXPECT_EQ(utf8("\xc3\xa4"), "ä");
  EXPECT_EQ(utf8("a\xe2\x82"), "a\uFFFD");                    // cut off
  EXPECT_EQ(utf8("\xed\xa0\x80x").back(), 'x');               // a surrogate
  EXPECT_EQ(utf8("\xc0\xafx").find('/'), std::string::npos);  // an overlong slash
}

TEST(Escape, EveryTargetHasItsOwn) {
  const std::string foreign = "<b a=\"1\">|`x`*\x07&'";
  EXPECT_EQ(printable(foreign), "<b a=\"1\">|`x`*?&'");
  EXPECT_EQ(htmlText(foreign), "&lt;b a=&quot;1&quot;&gt;|`x`*?&amp;'");
  EXPECT_EQ(xmlText(foreign), "<b a=\"1\">|`x`*?&'");
  EXPECT_EQ(markdownText(foreign), "\\<b a=\"1\"\\>\\|\\`x\\`\\*?\\&'");
  EXPECT_EQ(csvText(foreign), "\"<b a=\"\"1\"\">|`x`*?&'\"");
  EXPECT_EQ(sqlText("it's"), "'it''s'");
  EXPECT_EQ(shellWord("it's"), "'it'\\''s'");
  EXPECT_EQ(shellWord("/tmp/case-1.db"), "/tmp/case-1.db");
  EXPECT_EQ(scriptJson("{\"a\":\"</script>\"}"), "{\"a\":\"\\u003c/script>\"}");
}

TEST(Escape, CodeIsFencedByMoreBackticksThanItHas) {
  EXPECT_EQ(markdownCode("a"), "`a`");
  EXPECT_EQ(markdownCode("a`b"), "``a`b``");
  EXPECT_EQ(markdownCode("`a"), "`` `a ``");
}

TEST(Escape, WhatATerminalOrAReaderWouldObeyIsReplaced) {
  EXPECT_EQ(printable("a\x1b[2Jb\nc"), "a?[2Jb?c");
  EXPECT_EQ(printable("a\u009b2Jb"), "a?2Jb");
  EXPECT_EQ(printable("abc\u202ecba\u2066x\u200f"), "abc?cba?x?");
  EXPECT_EQ(printable("a\u2028b\u061c"), "a?b?");
  EXPECT_EQ(printable("\xff"), "\uFFFD");
  EXPECT_EQ(printableLines("a\x1b\nb"), "a?\nb");
  EXPECT_EQ(csvText("a\x1b[2Jb\u202e"), "a?[2Jb?");
  EXPECT_EQ(htmlText("1\u202e\n2"), "1?\n2");
  EXPECT_EQ(xmlText("\uFFFE\uFFFF\n"), "??\n");
  EXPECT_EQ(markdownText("\u202e"), "?");
  EXPECT_EQ(printable("Gerät 漢"), "Gerät 漢");
}

TEST(Escape, NoCellIsAFormula) {
  EXPECT_EQ(csvText("=1+1"), "'=1+1");
  EXPECT_EQ(csvText("@SUM(A1,A2)"), "\"'@SUM(A1,A2)\"");
  EXPECT_EQ(csvText("-2+3"), "'-2+3");
  EXPECT_EQ(csvText("+cmd"), "'+cmd");
  EXPECT_EQ(csvText("\uff1d1+1"), "'\uff1d1+1");
  EXPECT_EQ(csvText("\t=1+1"), "?=1+1");
  EXPECT_EQ(csvText("a=b"), "a=b");
}

TEST(Escape, AnEmptyTextIsNoEmptyField) {
  EXPECT_EQ(csvText(""), "\"\"");
  EXPECT_EQ(csvText("plain"), "plain");
  EXPECT_EQ(csvText("two\nlines"), "\"two\nlines\"");
}

template <typename T>
std::optional<T> byFromChars(const std::string& text, int base) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && !text.empty() && end == text.data() + text.size() ? std::optional(value)
                                                                                   : std::nullopt;
}

TEST(Number, IsWhatFromCharsSays) {
  const std::string zeros(40, '0');
  for (const std::string& text : {std::string(),
                                  zeros,
                                  zeros + "17",
                                  std::string("0"),
                                  std::string("7"),
                                  std::string("-7"),
                                  std::string("--7"),
                                  std::string("+7"),
                                  std::string("12 "),
                                  std::string(" 12"),
                                  std::string("1.5"),
                                  std::string("0x10"),
                                  std::string("af"),
                                  std::string("AF"),
                                  std::string("fg"),
                                  std::string("@"),
                                  std::string("G"),
                                  std::string("`"),
                                  std::string(":"),
                                  std::string("/"),
                                  std::string("\x10"),
                                  std::string("\xe1"),
                                  std::string("65535"),
                                  std::string("65536"),
                                  std::string("2147483647"),
                                  std::string("2147483648"),
                                  std::string("999999999999999999"),
                                  std::string("9223372036854775807"),
                                  std::string("9223372036854775808"),
                                  std::string("18446744073709551615"),
                                  std::string("18446744073709551616"),
                                  std::string("ffffffffffffffff"),
                                  std::string("1ffffffffffffffff"),
                                  std::string("7fffffffffffffff"),
                                  std::string("-8000000000000000")})
    for (const int base : {2, 10, 16}) {
      EXPECT_EQ(toNumber<std::uint64_t>(text, base), byFromChars<std::uint64_t>(text, base)) << text << " " << base;
      EXPECT_EQ(toNumber<std::int64_t>(text, base), byFromChars<std::int64_t>(text, base)) << text << " " << base;
      EXPECT_EQ(toNumber<std::int32_t>(text, base), byFromChars<std::int32_t>(text, base)) << text << " " << base;
      EXPECT_EQ(toNumber<std::uint16_t>(text, base), byFromChars<std::uint16_t>(text, base)) << text << " " << base;
    }
}

}  // namespace
}  // namespace descry
