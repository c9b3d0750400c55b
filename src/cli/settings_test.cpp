#include "cli/settings.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <memory>

#include "cli/config_file.h"
#include "store/testing/temporary_store.h"

namespace brume::cli {
namespace {

class SettingsTest : public ::testing::Test {
 protected:
  ~SettingsTest() override {
    for (const char* name : {"BRUME_CACHE_MB", "BRUME_CORS_ORIGIN", "BRUME_INSECURE", "BRUME_CONFIG", "BRUME_LOOPS"})
      ::unsetenv(name);
  }
  std::string file(const std::string& text) {
    const std::string path = folder_.path() + "/brume.toml";
    std::ofstream(path) << text;
    return path;
  }
  static Told told(const std::string& arguments) {
    CLI::App app;
    Settings settings(app);
    app.parse(arguments);
    return settings.resolve();
  }
  std::string error_of(const std::string& text) {
    try {
      told("--config " + file(text));
    } catch (const std::exception& error) {
      const std::string what = error.what();
      return what.substr(what.find("brume.toml") == what.npos ? 0 : what.find("brume.toml"));
    }
    return "no error";
  }

  store::testing::TemporaryFolder folder_;
};

TEST_F(SettingsTest, CommandLineCountsBeforeEnvironmentBeforeFile) {
  const std::string path = file("cache-mb = 1\ncors-origin = [\"https://file.example\"]\nloops = 3\n");
  EXPECT_EQ(told("--config " + path).config.cache_bytes, 1024u * 1024);
  ::setenv("BRUME_CACHE_MB", "2", 1);
  ::setenv("BRUME_CORS_ORIGIN", "https://a.example,https://b.example", 1);
  const Told middle = told("--config " + path);
  EXPECT_EQ(middle.config.cache_bytes, 2 * 1024u * 1024);
  EXPECT_EQ(middle.config.cors_origins, (std::vector<std::string>{"https://a.example", "https://b.example"}));
  EXPECT_EQ(middle.config.loops, 3u);
  const Told all = told("--cache-mb 4 --config " + path);
  EXPECT_EQ(all.config.cache_bytes, 4 * 1024u * 1024);
  EXPECT_EQ(all.given.at("cache-mb").source, "--cache-mb");
  EXPECT_EQ(all.given.at("cors-origin").source, "BRUME_CORS_ORIGIN");
  EXPECT_EQ(all.given.at("loops").source, path + ":3");
}

TEST_F(SettingsTest, TheFileMayBeNamedByTheEnvironment) {
  const std::string path = file("region = \"eu-west-1\"\ninsecure = true\nany-runtime-version = false\n");
  ::setenv("BRUME_CONFIG", path.c_str(), 1);
  const Told all = told("");
  EXPECT_EQ(all.config.region, "eu-west-1");
  EXPECT_TRUE(all.config.insecure);
  EXPECT_EQ(all.config.any_runtime_version, std::optional(false));
  EXPECT_EQ(all.file, path);
}

TEST_F(SettingsTest, WithoutAnythingDefaultsHold) {
  const Told all = told("");
  const server::Config usual;
  EXPECT_EQ(all.config.cache_bytes, usual.cache_bytes);
  EXPECT_EQ(all.config.stop_grace, usual.stop_grace);
  EXPECT_EQ(all.config.any_runtime_version, std::nullopt);
  EXPECT_EQ(all.config.table_delay, std::nullopt);
  EXPECT_TRUE(all.given.empty());
}

TEST_F(SettingsTest, FalseIsGivenToo) {
  ::setenv("BRUME_INSECURE", "true", 1);
  EXPECT_TRUE(told("").config.insecure);
  ::setenv("BRUME_INSECURE", "false", 1);
  EXPECT_FALSE(told("").config.insecure);
}

TEST_F(SettingsTest, WhatCannotBeUsedIsRefusedWithItsPlace) {
  EXPECT_EQ(error_of("\ncach-mb = 3"), "brume.toml:2: unknown setting cach-mb; did you mean cache-mb?");
  EXPECT_EQ(error_of("zzzzzzzz = 3"), "brume.toml:1: unknown setting zzzzzzzz");
  EXPECT_EQ(error_of("config = \"other.toml\""), "brume.toml:1: unknown setting config");
  EXPECT_EQ(error_of("loops = 300"), "brume.toml:1: --loops: Value 300 not in range 0 to 256");
  EXPECT_EQ(error_of("loops = [1, 2]"), "brume.toml:1: loops takes one value");
  EXPECT_EQ(error_of("[serve]\nloops = 1"), "brume.toml:1: [serve]: settings stand in no table");
  EXPECT_EQ(error_of("loops = 1.5"),
            "brume.toml:1: a value is a string, a whole number, true or false, or an array of these");
  EXPECT_EQ(error_of("tls-cert = \"a.pem\""), "--tls-cert requires --tls-key");
  EXPECT_NE(error_of("loops = 1\nloops = 2").find("brume.toml:2: "), std::string::npos);
  EXPECT_NE(error_of("loops 1").find("brume.toml:1: "), std::string::npos);
  EXPECT_NE(error_of(std::string(2 * 1024 * 1024, '#')).find("larger than a megabyte"), std::string::npos);
  ::setenv("BRUME_LOOPS", "many", 1);
  EXPECT_EQ(error_of("").substr(0, 20), "BRUME_LOOPS: --loops");
}

TEST(NearestName, IsOneThatIsAlmostIt) {
  const std::vector<std::string> names = {"cache-mb", "data", "log-level", "loops"};
  EXPECT_EQ(nearest_name("cache_mb", names), "cache-mb");
  EXPECT_EQ(nearest_name("loop", names), "loops");
  EXPECT_EQ(nearest_name("loglevel", names), "log-level");
  EXPECT_EQ(nearest_name("durability", names), "");
  EXPECT_EQ(nearest_name("", names), "");
  EXPECT_EQ(nearest_name(std::string(1000, 'x'), names), "");
}

}  // namespace
}  // namespace brume::cli
