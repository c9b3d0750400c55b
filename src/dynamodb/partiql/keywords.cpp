// PartiQL's reserved words: those of SQL-92, but for the parts of dates, and its own.
#include <algorithm>
#include <array>
#include <string>

#include "dynamodb/partiql/lexer.h"

namespace brume::dynamodb::partiql {
namespace {

using namespace std::string_view_literals;

constexpr std::array kKeywords = {
    "ABSOLUTE"sv, "ACTION"sv, "ADD"sv, "ALL"sv, "ALLOCATE"sv, "ALTER"sv, "AND"sv, "ANY"sv, "ARE"sv, "AS"sv, "ASC"sv,
    "ASSERTION"sv, "AT"sv, "AUTHORIZATION"sv, "AVG"sv, "BAG"sv, "BEGIN"sv, "BETWEEN"sv, "BIT"sv, "BIT_LENGTH"sv,
    "BLOB"sv, "BOOL"sv, "BOOLEAN"sv, "BOTH"sv, "BY"sv, "CASCADE"sv, "CASCADED"sv, "CASE"sv, "CAST"sv, "CATALOG"sv,
    "CHAR"sv, "CHARACTER"sv, "CHARACTER_LENGTH"sv, "CHAR_LENGTH"sv, "CHECK"sv, "CLOB"sv, "CLOSE"sv, "COALESCE"sv,
    "COLLATE"sv, "COLLATION"sv, "COLUMN"sv, "COMMIT"sv, "CONNECT"sv, "CONNECTION"sv, "CONSTRAINT"sv,
    "CONSTRAINTS"sv, "CONTINUE"sv, "CONVERT"sv, "CORRESPONDING"sv, "COUNT"sv, "CREATE"sv, "CROSS"sv, "CURRENT"sv,
    "CURRENT_DATE"sv, "CURRENT_TIME"sv, "CURRENT_TIMESTAMP"sv, "CURRENT_USER"sv, "CURSOR"sv, "DATE"sv,
    "DEALLOCATE"sv, "DEC"sv, "DECIMAL"sv, "DECLARE"sv, "DEFAULT"sv, "DEFERRABLE"sv, "DEFERRED"sv, "DELETE"sv,
    "DESC"sv, "DESCRIBE"sv, "DESCRIPTOR"sv, "DIAGNOSTICS"sv, "DISCONNECT"sv, "DISTINCT"sv, "DOMAIN"sv, "DOUBLE"sv,
    "DROP"sv, "ELSE"sv, "END"sv, "ESCAPE"sv, "EXCEPT"sv, "EXCEPTION"sv, "EXEC"sv, "EXECUTE"sv, "EXISTS"sv,
    "EXTERNAL"sv, "EXTRACT"sv, "FALSE"sv, "FETCH"sv, "FIRST"sv, "FLOAT"sv, "FOR"sv, "FOREIGN"sv, "FOUND"sv, "FROM"sv,
    "FULL"sv, "GET"sv, "GLOBAL"sv, "GO"sv, "GOTO"sv, "GRANT"sv, "GROUP"sv, "HAVING"sv, "IDENTITY"sv, "IMMEDIATE"sv,
    "IN"sv, "INDEX"sv, "INDICATOR"sv, "INITIALLY"sv, "INNER"sv, "INPUT"sv, "INSENSITIVE"sv, "INSERT"sv, "INT"sv,
    "INTEGER"sv, "INTERSECT"sv, "INTERVAL"sv, "INTO"sv, "IS"sv, "ISOLATION"sv, "JOIN"sv, "KEY"sv, "LANGUAGE"sv,
    "LAST"sv, "LEFT"sv, "LEVEL"sv, "LIKE"sv, "LIMIT"sv, "LIST"sv, "LOCAL"sv, "LOWER"sv, "MATCH"sv, "MAX"sv, "MIN"sv,
    "MISSING"sv, "MODULE"sv, "NAMES"sv, "NATIONAL"sv, "NATURAL"sv, "NCHAR"sv, "NEXT"sv, "NO"sv, "NOT"sv, "NULL"sv,
    "NULLIF"sv, "NUMERIC"sv, "OCTET_LENGTH"sv, "OF"sv, "ON"sv, "ONLY"sv, "OPEN"sv, "OPTION"sv, "OR"sv, "ORDER"sv,
    "OUTER"sv, "OUTPUT"sv, "OVERLAPS"sv, "PAD"sv, "PARTIAL"sv, "PIVOT"sv, "POSITION"sv, "PRECISION"sv, "PREPARE"sv,
    "PRESERVE"sv, "PRIMARY"sv, "PRIOR"sv, "PRIVILEGES"sv, "PROCEDURE"sv, "PUBLIC"sv, "READ"sv, "REAL"sv,
    "REFERENCES"sv, "RELATIVE"sv, "REMOVE"sv, "RESTRICT"sv, "RETURNING"sv, "REVOKE"sv, "RIGHT"sv, "ROLLBACK"sv,
    "ROWS"sv, "SCHEMA"sv, "SCROLL"sv, "SECTION"sv, "SELECT"sv, "SESSION"sv, "SESSION_USER"sv, "SET"sv, "SEXP"sv,
    "SIZE"sv, "SMALLINT"sv, "SOME"sv, "SPACE"sv, "SQL"sv, "SQLCODE"sv, "SQLERROR"sv, "SQLSTATE"sv, "STRING"sv,
    "STRUCT"sv, "SUBSTRING"sv, "SUM"sv, "SYMBOL"sv, "SYSTEM_USER"sv, "TABLE"sv, "TEMPORARY"sv, "THEN"sv, "TIME"sv,
    "TIMESTAMP"sv, "TO"sv, "TRANSACTION"sv, "TRANSLATE"sv, "TRANSLATION"sv, "TRIM"sv, "TRUE"sv, "TUPLE"sv,
    "UNION"sv, "UNIQUE"sv, "UNKNOWN"sv, "UNPIVOT"sv, "UPDATE"sv, "UPPER"sv, "USAGE"sv, "USER"sv, "USING"sv,
    "VALUE"sv, "VALUES"sv, "VARCHAR"sv, "VARYING"sv, "VIEW"sv, "WHEN"sv, "WHENEVER"sv, "WHERE"sv, "WITH"sv,
    "WORK"sv, "WRITE"sv, "ZONE"sv};
static_assert(std::is_sorted(kKeywords.begin(), kKeywords.end()));

constexpr std::size_t kLongest = 17;

}  // namespace

std::string_view keyword_of(std::string_view word) {
  if (word.size() > kLongest) return {};
  std::array<char, kLongest> upper;
  for (std::size_t i = 0; i < word.size(); ++i)
    upper[i] = word[i] >= 'a' && word[i] <= 'z' ? static_cast<char>(word[i] - 32) : word[i];
  const std::string_view wanted(upper.data(), word.size());
  const auto found = std::lower_bound(kKeywords.begin(), kKeywords.end(), wanted);
  return found != kKeywords.end() && *found == wanted ? *found : std::string_view();
}

}  // namespace brume::dynamodb::partiql
