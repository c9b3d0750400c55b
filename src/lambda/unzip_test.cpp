// Packages that somebody made to do harm.
#include "lambda/unzip.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/error.h"
#include "lambda/testing/zip_writer.h"
#include "store/testing/temporary_store.h"

namespace brume::lambda {
namespace {

namespace fs = std::filesystem;
using testing::ZipEntry;
using testing::ZipWriter;

constexpr std::uint32_t kLink = 0120777;

class Unzip : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directory(root()); }

  fs::path root() const { return fs::path(outside.path()) / "code"; }
  void unpack(const ZipWriter& zip) { unzip(zip.finish(), root()); }
  void unpack(std::initializer_list<ZipEntry> entries) {
    ZipWriter zip;
    for (const auto& entry : entries) zip.add(entry);
    unpack(zip);
  }
  /// "" or AWS's error text.
  std::string refusal(std::initializer_list<ZipEntry> entries) {
    ZipWriter zip;
    for (const auto& entry : entries) zip.add(entry);
    return refusal(zip.finish());
  }
  std::string refusal(const std::string& zip) try {
    unzip(zip, root());
    return {};
  } catch (const AwsError& error) {
    EXPECT_EQ(error.kind().code, "InvalidParameterValueException");
    return error.message();
  }
  std::string content(const std::string& path) const {
    std::ifstream file(root() / path);
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
  }
  mode_t mode(const std::string& path) const {
    struct stat stat {};
    return ::lstat((root() / path).c_str(), &stat) == 0 ? stat.st_mode : 0;
  }
  /// What lies beside the package's folder: nothing may ever.
  std::set<std::string> beside() const {
    std::set<std::string> out;
    for (const auto& entry : fs::directory_iterator(outside.path()))
      if (entry.path() != root()) out.insert(entry.path().filename());
    return out;
  }

  store::testing::TemporaryFolder outside;
};

constexpr std::string_view kBad = "Could not unzip uploaded file. Please check your file, then try to upload again.";

TEST_F(Unzip, FilesFoldersLinksAndModes) {
  unpack({{"bin/", "", 040700},
          {"bin/run", "#!/bin/sh", 0100755},
          {"lib/deep/data.txt", "text", 0100644},
          {"packed", std::string(10'000, 'p'), 0100644, true},
          {"run", "bin/run", kLink},
          {"lib/up", "../bin/run", kLink}});
  EXPECT_EQ(content("run"), "#!/bin/sh");
  EXPECT_EQ(content("lib/up"), "#!/bin/sh");
  EXPECT_EQ(content("packed"), std::string(10'000, 'p'));
  EXPECT_EQ(mode("bin"), 040755u);
  EXPECT_EQ(mode("bin/run"), 0100755u);
  EXPECT_EQ(mode("lib/deep/data.txt"), 0100644u);
}

TEST_F(Unzip, NamesThatLeaveTheFolderAreRefused) {
  for (const char* name : {"/etc/x", "../x", "a/../../x", "a/..", "..", "a\\..\\x", "a/../b"})
    EXPECT_EQ(refusal({{name, "x"}}), kBad) << name;
  EXPECT_EQ(beside(), std::set<std::string>{});
}

TEST_F(Unzip, NameIsReadBeyondItsNul) {
  unpack({{std::string("a\0../x", 6), "x"}});
  EXPECT_EQ(content("a ../x"), "x");
  EXPECT_EQ(refusal({{std::string("b\0/../../x", 10), "x"}}), kBad);
  EXPECT_EQ(beside(), std::set<std::string>{});
}

TEST_F(Unzip, NamesOfEveryEncoding) {
  unpack({{"\x81\xfe", "x"}, {"\xc3\xbc", "y"}});
  EXPECT_EQ(content("\xc3\xbc\xe2\x96\xa0"), "x") << "code page 437";
  EXPECT_EQ(content("\xc3\xbc"), "y") << "UTF-8";
}

TEST_F(Unzip, NamesOfTheFolderItselfAreRefused) {
  EXPECT_EQ(refusal({{".", "x"}}), kBad);
  EXPECT_EQ(refusal({{"./.", "x"}}), kBad);
  unpack({{"./a/./b", "x"}, {"a//c", "y"}, {"./", "", 040755}});
  EXPECT_EQ(content("a/b"), "x");
  EXPECT_EQ(content("a/c"), "y");
}

TEST_F(Unzip, LinksOutOfTheFolderAreRefused) {
  for (const char* to : {"/etc/passwd", "..", "../x", "a/../../x", "./../x", "real/../../x"})
    EXPECT_EQ(refusal({{"real/file", "x"}, {"link", to, kLink}}), kBad) << to;
  EXPECT_EQ(refusal({{"a/b/link", "../../..", kLink}}), kBad);
}

TEST_F(Unzip, LinkThroughALinkCannotClimb) {
  // A leads to the folder itself, so that B, which looks like a path inside, leads three folders above it.
  EXPECT_EQ(
      refusal(
          {{"s1/s2/s3/file", "x"}, {"s1/s2/s3/A", "../../..", kLink}, {"B", "s1/s2/s3/A/../../../../etc/x", kLink}}),
      kBad);
}

TEST_F(Unzip, LinkThroughALaterLinkCannotClimb) {
  EXPECT_EQ(refusal({{"d/e/file", "x"}, {"B", "A/../../x", kLink}, {"A", "d/e", kLink}}), kBad);
  EXPECT_EQ(refusal({{"n", "not-yet/../x", kLink}}), kBad);
}

TEST_F(Unzip, ParentOfARealFolderIsFine) {
  unpack({{"a/b/file", "x"}, {"c/link", "../a/b/../b/file", kLink}, {"self", ".", kLink}, {"loop", "loop", kLink}});
  EXPECT_EQ(content("c/link"), "x");
  EXPECT_EQ(content("self/self/a/b/file"), "x");
}

TEST_F(Unzip, NothingIsWrittenThroughALink) {
  EXPECT_EQ(refusal({{"d/", "", 040755}, {"l", "d", kLink}, {"l/x", "written"}}), kBad);
  EXPECT_EQ(refusal({{"e/x", "first"}, {"e", "d", kLink}}), kBad);
}

TEST_F(Unzip, LastOfTwoEntriesCounts) {
  unpack({{"a", "first"}, {"a", "second"}, {"b", "a", kLink}, {"b", "file"}, {"c", "file"}, {"c", "a", kLink}});
  EXPECT_EQ(content("a"), "second");
  EXPECT_TRUE(S_ISREG(mode("b")));
  EXPECT_EQ(content("b"), "file");
  EXPECT_TRUE(S_ISLNK(mode("c")));
  EXPECT_EQ(content("a"), "second") << "not written through c";
}

TEST_F(Unzip, FileAndFolderOfOneName) {
  EXPECT_EQ(refusal({{"a", "file"}, {"a/b", "x"}}), kBad);
  EXPECT_EQ(refusal({{"f/b", "x"}, {"f", "file"}}), kBad);
}

TEST_F(Unzip, CaseCounts) {
  unpack({{"Index.js", "upper"}, {"index.js", "lower"}});
  EXPECT_EQ(content("Index.js"), "upper");
  EXPECT_EQ(content("index.js"), "lower");
}

TEST_F(Unzip, NoDevicesAndNoPrivileges) {
  unpack({{"null", "", 0020666},
          {"disk", "", 0060666},
          {"pipe", "", 0010666},
          {"socket", "", 0140666},
          {"root", "x", 0106755},
          {"sticky/", "", 041777}});
  for (const char* name : {"null", "disk", "pipe", "socket"}) EXPECT_EQ(mode(name), 0100644u) << name;
  EXPECT_EQ(mode("root"), 0100755u);
  EXPECT_EQ(mode("sticky"), 040755u);
}

TEST_F(Unzip, ModesOfWindowsAreNone) {
  unpack({{"bootstrap", "x", 0100755, false, 0}});
  EXPECT_EQ(mode("bootstrap"), 0100644u);
}

TEST_F(Unzip, FolderWithoutItsSlash) {
  unpack({{"d", "", 040755}, {"d/x", "x"}});
  EXPECT_EQ(content("d/x"), "x");
}

TEST_F(Unzip, TooDeepTooLong) {
  std::string deep, deepest;
  for (int i = 0; i < 99; ++i) deep += "d/";
  for (int i = 0; i < 100; ++i) deepest += "d/";
  EXPECT_EQ(refusal({{deepest + "x", "x"}}), kBad);
  EXPECT_EQ(refusal({{deep + "x", "x"}}), "");
  EXPECT_EQ(refusal({{std::string(256, 'n'), "x"}}), kBad);
  EXPECT_EQ(refusal({{std::string(30'000, 'n'), "x"}}), kBad);
  EXPECT_EQ(refusal({{"l", std::string(4000, 'n'), kLink}}), "") << "a link may lead to what cannot be";
  EXPECT_EQ(refusal({{"m", std::string(4096, 'n'), kLink}}), kBad);
}

TEST_F(Unzip, OutputIsBounded) {
  // 300 MB out of 300 KB.
  const ZipEntry bomb{"zeros", std::string(300'000'000, '\0'), 0100644, true};
  EXPECT_EQ(refusal({bomb}), "Unzipped size must be smaller than 262144000 bytes");
}

TEST_F(Unzip, EntriesThatShareTheirBytesAreRefused) {
  const ZipEntry first{"a", std::string(100'000, 'a'), 0100644, true};
  ZipWriter zip;
  zip.add(first);
  for (int i = 0; i < 1000; ++i) zip.add_overlapping(first, "b" + std::to_string(i));
  EXPECT_EQ(refusal(zip.finish()), kBad);
}

TEST_F(Unzip, FoldersCountToo) {
  const std::string zip = ZipWriter().add({"a/b/c/x", ""}).add({"d/e/f/x", ""}).finish();
  EXPECT_THROW(unzip(zip, root(), 7), AwsError);
  fs::remove_all(root());
  fs::create_directory(root());
  unzip(zip, root(), 8);
  EXPECT_TRUE(fs::exists(root() / "d/e/f/x"));
}

TEST_F(Unzip, DirectoryOfAMillionEntries) {
  ZipWriter zip;
  zip.add({"a", "x"});
  std::string bytes = zip.finish();
  for (int i = 0; i < 1'000'000; ++i) bytes.insert(bytes.size() - 22, "PK\1\2", 4);
  EXPECT_EQ(refusal(bytes), kBad);
}

TEST_F(Unzip, WhatIsNoZip) {
  EXPECT_EQ(refusal(std::string("no zip")), kBad);
  EXPECT_EQ(refusal(ZipWriter().finish()), "Uploaded file must be a non-empty zip");
  std::string damaged = ZipWriter().add({"a", "content"}).finish();
  damaged[damaged.find("content")] ^= 1;
  EXPECT_EQ(refusal(damaged), kBad) << "its checksum is wrong";
}

}  // namespace
}  // namespace brume::lambda
