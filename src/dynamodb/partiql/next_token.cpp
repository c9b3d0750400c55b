#include "dynamodb/partiql/next_token.h"

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "dynamodb/request/errors.h"

namespace brume::dynamodb::partiql {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kDigestBytes = 16;

std::string digest_of(const PreparedStatement& statement, const Table& table) {
  std::string text;
  append_big_endian(text, static_cast<std::uint32_t>(table.id));
  append_big_endian(text, static_cast<std::uint32_t>(statement.input().text.size()));
  text += statement.input().text;
  for (const std::string& parameter : statement.input().parameters) text += parameter;
  return sha256(text).substr(0, kDigestBytes);
}

}  // namespace

std::string encode_next_token(const PreparedStatement& statement, const Table& table, const Position& position) {
  std::string token(1, kVersion);
  token += digest_of(statement, table);
  append_big_endian(token, position.read);
  token += position.key;
  return base64_encode(token);
}

Position decode_next_token(std::string_view token, const PreparedStatement& statement, const Table& table) {
  constexpr std::size_t kHead = 1 + kDigestBytes + sizeof(std::uint32_t);
  const auto bytes = base64_decode(token);
  if (!bytes || bytes->size() < kHead || bytes->front() != kVersion) throw_validation("Invalid NextToken");
  if (bytes->compare(1, kDigestBytes, digest_of(statement, table)) != 0)
    throw_validation("NextToken does not match request");
  return {read_big_endian<std::uint32_t>(bytes->data() + 1 + kDigestBytes), bytes->substr(kHead)};
}

}  // namespace brume::dynamodb::partiql
