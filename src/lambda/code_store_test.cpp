#include "lambda/code_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"
#include "lambda/testing/zip_writer.h"
#include "store/testing/temporary_store.h"

namespace brume::lambda {
namespace {

namespace fs = std::filesystem;
using testing::ZipWriter;

class Packages : public ::testing::Test {
 protected:
  static std::string zip(const std::string& text) { return ZipWriter().add({"index.js", text}).finish(); }
  std::size_t folders() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(temporary.path() + "/functions"), fs::directory_iterator()));
  }

  store::testing::TemporaryFolder temporary;
  CodeStore code{temporary.path() + "/functions"};
};

TEST_F(Packages, KeepsTheZipAndItsFiles) {
  const std::string bytes = zip("code");
  const CodePackage package = code.put(bytes);
  EXPECT_EQ(package.sha256, base64_encode(sha256(bytes)));
  EXPECT_EQ(package.zip_bytes, bytes.size());
  EXPECT_EQ(fs::file_size(code.zip_file(package.sha256)), bytes.size());
  EXPECT_EQ(fs::file_size(code.code_folder(package.sha256) + "/index.js"), 4u);
}

TEST_F(Packages, SamePackageTwiceIsOne) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { code.put(zip("same")); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(folders(), 1u);
}

TEST_F(Packages, RefusedPackageLeavesNothing) {
  EXPECT_THROW(code.put("no zip"), AwsError);
  EXPECT_THROW(code.put(ZipWriter().add({"a", "x"}).add({"../b", "x"}).finish()), AwsError);
  EXPECT_EQ(folders(), 0u);
}

TEST_F(Packages, SweepRemovesWhatNobodyUses) {
  const std::string used = code.put(zip("used")).sha256;
  code.put(zip("unused"));
  fs::create_directories(temporary.path() + "/functions/.upload-abc/code");
  code.sweep({used});
  EXPECT_EQ(folders(), 1u);
  EXPECT_TRUE(fs::exists(code.zip_file(used)));
}

TEST_F(Packages, PinnedOrUsedPackageStays) {
  CodePackage package = code.put(zip("pinned"));
  const std::string name = package.sha256;
  code.remove_unless(name, [] { return false; });
  EXPECT_TRUE(fs::exists(code.zip_file(name)));
  package.pin.reset();
  code.remove_unless(name, [] { return true; });
  EXPECT_TRUE(fs::exists(code.zip_file(name)));
  code.remove_unless(name, [] { return false; });
  EXPECT_EQ(folders(), 0u);
}

}  // namespace
}  // namespace brume::lambda
