// ExecuteStatement. The expectations are AWS's, measured where a text is given.
#include "dynamodb/test_service.h"

namespace brume::dynamodb {
namespace {

class ExecuteStatement : public DynamoDbTest {
 protected:
  static std::string request(std::string_view statement, std::string_view more = "") {
    return "{\"Statement\":" + boost::json::serialize(boost::json::string(statement)) + std::string(more) + "}";
  }
  boost::json::object run(std::string_view statement, std::string_view more = "") {
    return db.ok("ExecuteStatement", request(statement, more));
  }
  std::string rows(std::string_view statement, std::string_view more = "") {
    return boost::json::serialize(run(statement, more).at("Items"));
  }
  std::string error(std::string_view statement, std::string_view more = "") {
    return db.error("ExecuteStatement", request(statement, more));
  }
  /// The message of a ValidationException.
  std::string refusal(std::string_view statement, std::string_view more = "") {
    const std::string text = error(statement, more);
    constexpr std::string_view kCode = "ValidationException: ";
    EXPECT_TRUE(text.starts_with(kCode)) << text;
    return text.substr(std::min(text.size(), kCode.size()));
  }
  /// Sort keys of the rows of a SELECT on `range`, in their order: "1,2,".
  std::string sort_keys(std::string_view where, std::string_view more = "") {
    std::string out;
    const auto reply = run("SELECT sk FROM \"range\" WHERE " + std::string(where), more);
    for (const auto& item : reply.at("Items").as_array()) out += std::string(item.at("sk").at("N").as_string()) + ',';
    return out;
  }
};

constexpr std::string_view kMalformed = "Statement wasn't well formed, can't be processed: ";
std::string malformed(std::string_view detail) { return std::string(kMalformed) + std::string(detail); }

TEST_F(ExecuteStatement, InsertsEveryKindOfLiteral) {
  EXPECT_EQ(rows(R"(INSERT INTO "hash" VALUE {'id':'a','n':1.50e1,'s':'it''s','t':true,'z':null,'l':[1,'x'],
    'm':{'k':{'j':-2}},'ss':<<'p','q'>>,'ns':<<1,2>>})"),
            "[]");
  EXPECT_EQ(db.ok("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}}})").at("Item"),
            json_of(
                R"({"id":{"S":"a"},"n":{"N":"15"},"s":{"S":"it's"},"t":{"BOOL":true},"z":{"NULL":true},
        "l":{"L":[{"N":"1"},{"S":"x"}]},"m":{"M":{"k":{"M":{"j":{"N":"-2"}}}}},"ss":{"SS":["p","q"]},
        "ns":{"NS":["1","2"]}})"));
  EXPECT_EQ(error("INSERT INTO \"hash\" VALUE {'id':'b','m':{'':1}}"),
            "ValidationException: Path component cannot be an empty string");
  EXPECT_EQ(error("INSERT INTO \"hash\" VALUE {'id':'a'}"),
            "DuplicateItemException: Duplicate primary key exists in table");
}

TEST_F(ExecuteStatement, TakesParameters) {
  run("INSERT INTO hash VALUE {'id': ?, 'v': ?}", R"(,"Parameters":[{"S":"a"},{"SS":["x","y"]}])");
  EXPECT_EQ(rows("SELECT * FROM hash WHERE id = ? AND v = ?", R"(,"Parameters":[{"S":"a"},{"SS":["y","x"]}])"),
            R"([{"id":{"S":"a"},"v":{"SS":["x","y"]}}])");
  EXPECT_EQ(refusal("SELECT * FROM hash WHERE id = ?"), "Number of parameters in request and statement don't match.");
  EXPECT_EQ(refusal("SELECT * FROM hash WHERE id = ?", R"(,"Parameters":[{"S":"a"},{"S":"b"}])"),
            "Number of parameters in request and statement don't match.");
  EXPECT_EQ(refusal("SELECT * FROM hash WHERE id = ? AND v < ?", R"(,"Parameters":[{"S":"a"},{"BOOL":true}])"),
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL");
  EXPECT_EQ(refusal("UPDATE hash SET WHERE", R"(,"Parameters":[{"SS":["a","a"]}])"),
            "One or more parameter values were invalid: Input collection [a, a] contains duplicates.");
}

TEST_F(ExecuteStatement, ColumnsAreNamedAfterTheLastPartOfTheirPath) {
  run("INSERT INTO hash VALUE {'id':'a','m':{'k':{'l':['c']}},'tags':['x','y'],'more':1}");
  EXPECT_EQ(rows("SELECT m.k.l[0], tags[1], \"id\", nope FROM hash WHERE id='a'"),
            R"([{"l[0]":{"S":"c"},"tags[1]":{"S":"y"},"id":{"S":"a"}}])");
  EXPECT_EQ(rows("SELECT nope FROM hash WHERE id='a'"), "[{}]");
  EXPECT_EQ(refusal("SELECT COUNT(*) FROM hash"), "Unexpected path component at 1:8:5");
  EXPECT_EQ(refusal("SELECT tags[-1] FROM hash"),
            "List index is not within the allowable range; index: [-1] at 1:14:1");
  EXPECT_EQ(refusal("SELECT m.k, \"id\", k FROM hash"), "Duplicate identifiers in select clause: k");
  EXPECT_EQ(refusal("SELECT \"id\".x, tags[1], more, tags[1] FROM hash"),
            "Duplicate identifiers in select clause: tags[1]");
  EXPECT_EQ(refusal("SELECT \"id\".x, tags, tags[1] FROM hash WHERE id='a'"),
            "Two document paths overlap with each other; must remove or rewrite one of these paths; "
            "path one: [tags, [1]], path two: [tags]");
}

TEST_F(ExecuteStatement, PathsIntoKeysAndWithoutANameAreRefused) {
  const std::string scalar =
      "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
      "allowed: Key: ";
  EXPECT_EQ(refusal("SELECT pk.x FROM \"range\""), scalar + "pk");
  EXPECT_EQ(refusal("SELECT * FROM \"range\" WHERE pk.x='a'"), scalar + "pk");
  EXPECT_EQ(refusal("SELECT * FROM \"range\" WHERE pk='a' AND sk>1 AND contains(sk[0], 'a')"), scalar + "sk");
  for (const std::string_view statement :
       {"SELECT \"\" FROM hash", "SELECT a.\"\".b FROM hash", "SELECT a[''] FROM hash",
        "SELECT * FROM hash WHERE \"\"=1", "UPDATE hash SET \"\"=1 WHERE id='a'",
        "UPDATE hash REMOVE a.\"\" WHERE id='a'"})
    EXPECT_EQ(refusal(statement), "Path component cannot be an empty string") << statement;
}

TEST_F(ExecuteStatement, OperandsAreCheckedBeforeItemsAreRead) {
  const auto indistinct = [](std::string_view name) {
    return "The first operand must be distinct from the remaining operands for this operator or function; operator: " +
           std::string(name) + ", first operand: [b]";
  };
  EXPECT_EQ(refusal("SELECT * FROM hash WHERE b = b"), indistinct("="));
  EXPECT_EQ(refusal("SELECT * FROM hash WHERE b != b"), indistinct("<>"));
  EXPECT_EQ(refusal("SELECT * FROM hash WHERE b IN [1, b]"), indistinct("IN"));
  EXPECT_EQ(refusal("SELECT * FROM hash WHERE contains(b, b)"), indistinct("contains"));
  EXPECT_EQ(refusal("SELECT * FROM hash WHERE b BETWEEN 3 AND 2"),
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
            "lower bound operand: AttributeValue: {N:3}, upper bound operand: AttributeValue: {N:2}");
  EXPECT_EQ(refusal("SELECT * FROM hash WHERE b BETWEEN 3 AND 'x'"),
            "The BETWEEN operator requires same data type for lower and upper bounds; "
            "lower bound operand: AttributeValue: {N:3}, upper bound operand: AttributeValue: {S:x}");
}

TEST_F(ExecuteStatement, ReadsByKeyNotByScan) {
  for (int i = 1; i <= 9; ++i) put_range(i % 2 ? "odd" : "even", i);
  const auto units = [&](std::string_view where) {
    const auto reply = run("SELECT * FROM \"range\" WHERE " + std::string(where), R"(,"Limit":1)");
    return reply.at("Items").as_array().size();
  };
  // With a limit of one item read, only a lookup finds the item at once.
  for (const std::string_view where :
       {"pk='odd' AND sk=7", "sk=7 AND pk='odd'", "'odd'=pk AND sk>5", "pk='odd' AND (sk=7 AND pk='odd')",
        "pk='odd' AND sk BETWEEN 6 AND 8", "pk IN ['odd'] AND 6 < sk", "pk='none' OR (pk='odd' AND sk=7)"})
    EXPECT_EQ(units(where), 1u) << where;
}

TEST_F(ExecuteStatement, SortKeyConditionsAreRanges) {
  for (int i = 1; i <= 5; ++i) put_range("p", i);
  put_range("q", 3);
  EXPECT_EQ(sort_keys("pk='p' AND sk<3"), "1,2,");
  EXPECT_EQ(sort_keys("pk='p' AND sk<=3"), "1,2,3,");
  EXPECT_EQ(sort_keys("pk='p' AND sk>3"), "4,5,");
  EXPECT_EQ(sort_keys("pk='p' AND sk>=3 AND sk<>4"), "3,5,");
  EXPECT_EQ(sort_keys("pk='p' AND 3>=sk"), "1,2,3,");
  EXPECT_EQ(sort_keys("pk='p' AND sk BETWEEN 2 AND 4"), "2,3,4,");
  EXPECT_EQ(sort_keys("pk='p' AND sk IN [4,2]"), "2,4,");
  EXPECT_EQ(sort_keys("pk='p' AND (sk<2 OR sk>4)"), "1,5,");
  EXPECT_EQ(sort_keys("pk='p' AND NOT sk=2"), "1,3,4,5,");
  EXPECT_EQ(sort_keys("pk='p' AND sk=1 AND sk>3"), "");
  EXPECT_EQ(sort_keys("pk='p' AND pk='q'"), "");
  EXPECT_EQ(sort_keys("pk IN ['q','p'] AND sk=3"), "3,3,");
}

TEST_F(ExecuteStatement, DecomposedReadsHaveLimits) {
  const auto values = [](int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += (i ? ",'v" : "'v") + std::to_string(i) + '\'';
    return out;
  };
  const std::string select = "SELECT * FROM \"range\" WHERE ";
  EXPECT_EQ(refusal(select + "pk IN [" + values(51) + "]"), "Too many decomposed read operations for a given query.");
  EXPECT_EQ(refusal(select + "pk IN [" + values(26) + "] AND sk IN [1,2]"),
            "Too many decomposed read operations for a given query.");
  EXPECT_EQ(rows(select + "pk IN [" + values(51) + "] OR x='y'"), "[]");
  EXPECT_EQ(refusal(select + "pk='a' AND x IN [" + values(101) + "]"),
            "The IN operator is provided with too many operands; number of operands: 101");
  for (const std::string_view where : {"pk IN ['a','a']", "pk='a' OR pk='a'", "pk='a' AND (sk>0 OR sk<5)",
                                       "pk='a' AND (sk=1 OR x='y')", "(pk='a' AND x='1') OR (pk='a' AND x='2')"})
    EXPECT_EQ(refusal(select + std::string(where)),
              "Overlapping conditions with range keys are not supported in where clause");
  EXPECT_EQ(rows(select + "pk='a' OR sk=1"), "[]");
  EXPECT_EQ(refusal(select + "pk=1 OR pk='a'"),
            "Key attribute's data type should match its data type in table's schema: Key pk");
  EXPECT_EQ(refusal(select + "pk='a' AND sk IN [1,'2']"),
            "Key attribute's data type should match its data type in table's schema: Key sk");
  EXPECT_EQ(rows(select + "pk > 1"), "[]");
}

// AWS does not refuse an overlap with a branch that excludes sort keys; it answers with the union.
TEST_F(ExecuteStatement, BranchesThatExcludeSortKeysMayOverlap) {
  for (int i = 1; i <= 3; ++i) put_range("p", i);
  EXPECT_EQ(sort_keys("pk='p' AND NOT sk=1 OR pk='p' AND sk=2"), "2,3,");
  EXPECT_EQ(sort_keys("pk='p' AND sk=2 OR pk='p' AND sk<>1"), "2,3,");
  EXPECT_EQ(sort_keys("pk='p' AND NOT sk IN [1,3] OR pk='p' AND sk=3"), "2,3,");
  EXPECT_EQ(sort_keys("pk='p' AND NOT (sk=1) OR pk='p' AND sk=1 ORDER BY sk DESC"), "3,2,1,");
  EXPECT_EQ(sort_keys("pk='p' OR pk='p' AND NOT sk=1"), "1,2,3,");
  EXPECT_EQ(refusal("SELECT * FROM \"range\" WHERE pk='p' AND NOT x=1 OR pk='p' AND sk=1"),
            "Overlapping conditions with range keys are not supported in where clause");
}

TEST_F(ExecuteStatement, ComparesTypesByPartiqlsNames) {
  run(R"(INSERT INTO hash VALUE {'id':'a','t':true,'s':'x','n':1,'l':[1],'m':{'k':1},'z':null})");
  const auto holds = [&](std::string_view condition) {
    return rows("SELECT id FROM hash WHERE id='a' AND " + std::string(condition)) != "[]";
  };
  for (const std::string_view condition : {"t IS BOOL", "t IS Boolean", "s IS STRING", "n IS DECIMAL", "n IS integer",
                                           "l IS LIST", "m IS STRUCT", "s IS NOT BOOL", "none IS NOT BOOL"})
    EXPECT_TRUE(holds(condition)) << condition;
  for (const std::string_view condition : {"s IS BOOL", "z IS STRING", "none IS STRING", "s IS NOT STRING"})
    EXPECT_FALSE(holds(condition)) << condition;
  EXPECT_EQ(refusal("SELECT * FROM hash WHERE id='a' AND s IS BAG"), "Unsupported operation: IsType");
  EXPECT_EQ(refusal("SELECT * FROM hash WHERE id='a' AND 's' IS STRING"),
            "Operator or function requires a document path; operator or function: attribute_type");
}

TEST_F(ExecuteStatement, ReadsNumbersOfParametersAsABigDecimalDoes) {
  const auto with = [&](std::string_view number) {
    return refusal("SELECT * FROM hash WHERE id='a' AND n = ?",
                   R"(,"Parameters":[{"N":")" + std::string(number) + R"("}])");
  };
  EXPECT_EQ(with("1e2147483648"), "The parameter cannot be converted to a numeric value: 1e2147483648");
  EXPECT_EQ(with("1e2147483647"),
            "Number underflow. Attempting to store a number with magnitude smaller than supported range");
  EXPECT_EQ(with("1e126"), "Number overflow. Attempting to store a number with magnitude larger than supported range");
}

TEST_F(ExecuteStatement, OrdersByKeys) {
  for (const std::string_view pk : {"o", "p"})
    for (int i = 1; i <= 3; ++i) put_range(pk, i);
  EXPECT_EQ(sort_keys("pk='o' ORDER BY sk"), "1,2,3,");
  EXPECT_EQ(sort_keys("pk='o' ORDER BY sk DESC"), "3,2,1,");
  EXPECT_EQ(sort_keys("pk='o' ORDER BY pk ASC"), "3,2,1,");
  EXPECT_EQ(sort_keys("pk='o' AND sk IN [1,3] ORDER BY sk DESC"), "3,1,");
  EXPECT_EQ(rows("SELECT pk FROM \"range\" WHERE pk IN ['o','p'] AND sk=1 ORDER BY pk DESC"),
            R"([{"pk":{"S":"p"}},{"pk":{"S":"o"}}])");
  const std::string select = "SELECT sk FROM \"range\" ";
  EXPECT_EQ(refusal(select + "ORDER BY sk"), "Must have WHERE clause in the statement when using ORDER BY clause.");
  EXPECT_EQ(refusal(select + "WHERE pk='o' ORDER BY x"),
            "Attribute x in ORDER BY clause must be part of the primary key");
  EXPECT_EQ(refusal(select + "WHERE pk>'a' ORDER BY sk"),
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.");
  EXPECT_EQ(refusal(select + "WHERE pk IN ['o','p'] ORDER BY sk"),
            "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.");
}

TEST_F(ExecuteStatement, PagesThroughSeveralReadsAndARestart) {
  for (const std::string_view pk : {"o", "p"})
    for (int i = 1; i <= 3; ++i) put_range(pk, i);
  for (const std::string_view where : {"pk IN ['o','p']", "pk IN ['o','p'] ORDER BY pk, sk DESC", "sk > 0"}) {
    std::multiset<std::string> seen;
    std::string token;
    int pages = 0;
    for (; pages < 10; ++pages) {
      const auto reply = run("SELECT * FROM \"range\" WHERE " + std::string(where),
                             ",\"Limit\":2" + (token.empty() ? "" : ",\"NextToken\":\"" + token + "\""));
      for (const auto& item : reply.at("Items").as_array()) seen.insert(boost::json::serialize(item));
      const auto* next = reply.if_contains("NextToken");
      EXPECT_EQ(next != nullptr, reply.contains("LastEvaluatedKey"));
      if (!next) break;
      token = next->as_string();
      if (pages == 0) db.restart();
    }
    EXPECT_EQ(seen.size(), 6u) << where;
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 6u) << where;
    EXPECT_EQ(refusal("SELECT * FROM \"range\"", ",\"NextToken\":\"" + token + "\""),
              "NextToken does not match request");
  }
  EXPECT_EQ(refusal("SELECT * FROM \"range\"", R"(,"NextToken":"garbage")"), "Invalid NextToken");
}

TEST_F(ExecuteStatement, FiltersWithEveryOperator) {
  run("INSERT INTO hash VALUE {'id':'a','n':5,'s':'hello','z':null,'tags':<<'x','y'>>,'l':[1,2,3],'yes':true}");
  for (const std::string_view holds : {"n=5",
                                       "n<>4",
                                       "n!=4",
                                       "n>=5 AND n<6",
                                       "n BETWEEN - 2 AND +5",
                                       "n IN [- 1, 5]",
                                       "n IN (1,5)",
                                       "NOT n=4",
                                       "n NOT IN [1]",
                                       "begins_with(s,'he')",
                                       "NOT begins_with(s,'x')",
                                       "contains(tags,'x')",
                                       "contains(s,'ell')",
                                       "attribute_type(n,'N')",
                                       "size(l)>2",
                                       "size(s)=5",
                                       "z IS NULL",
                                       "n IS NOT NULL",
                                       "nope IS MISSING",
                                       "n IS NOT MISSING",
                                       "attribute_exists(l[0])",
                                       "ATTRIBUTE_NOT_EXISTS (nope)",
                                       "l[1]=2",
                                       "n = - - 5",
                                       "attribute_exists(nope) = false",
                                       "true = attribute_exists(n)",
                                       "attribute_exists(n) <> 1",
                                       "(n = 4 OR s = 'x') = false",
                                       "attribute_exists(nope) IN [true, false]",
                                       "attribute_exists(n) = yes",
                                       "attribute_exists(n) = attribute_exists(s)"})
    EXPECT_EQ(run("SELECT id FROM hash WHERE id='a' AND " + std::string(holds)).at("Items").as_array().size(), 1u)
        << holds;
  for (const std::string_view fails :
       {"n=4", "s IS NULL", "nope IS NULL", "nope IS NOT MISSING", "n NOT BETWEEN 1 AND 9", "n > -/* c */-9",
        "attribute_exists(n) = 1", "(attribute_exists(n) = true) = false", "attribute_exists(n) = s"})
    EXPECT_EQ(run("SELECT id FROM hash WHERE id='a' AND " + std::string(fails)).at("Items").as_array().size(), 0u)
        << fails;
}

TEST_F(ExecuteStatement, RefusesWhatFunctionsDoNotTake) {
  const std::string select = "SELECT * FROM hash WHERE ";
  EXPECT_EQ(refusal(select + "attribute_exists('ss')"),
            "Operator or function requires a document path; operator or function: attribute_exists");
  EXPECT_EQ(refusal(select + "attribute_exists(a, b)"),
            "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of "
            "operands: 2");
  EXPECT_EQ(refusal(select + "EXISTS(ss)"), "Unrecognized function: exists at 1:26:6");
  EXPECT_EQ(refusal(select + "set_add(ss, <<'x'>>) = ss"), "Unrecognized function: set_add at 1:26:7");
  EXPECT_EQ(refusal(select + "attribute_type(l, 1)"),
            "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: N");
  EXPECT_EQ(refusal(select + "attribute_type(l, 'X')"),
            "Invalid attribute type name found; type: X, valid types: {N,BS,L,B,NULL,M,S,SS,NS,BOOL}");
  EXPECT_EQ(refusal(select + "v BETWEEN ? AND ?", R"(,"Parameters":[{"BOOL":true},{"BOOL":false}])"),
            "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: BOOL");
}

TEST_F(ExecuteStatement, UpdatesWithSetRemoveAndFunctions) {
  run("INSERT INTO hash VALUE {'id':'a','n':1,'m':{'old':1},'l':[1,'x'],'ns':<<1,34>>,'ss':<<'p'>>}");
  run(R"(UPDATE hash SET n=n + 100 SET m.fresh=[2020] SET l = LIST_APPEND(l, [4]) SET ns = SET_ADD(ns, <<345>>)
         SET ss = set_delete(ss, <<'p'>>), copy = n REMOVE m.old WHERE id='a')");
  EXPECT_EQ(rows("SELECT * FROM hash WHERE id='a'"),
            R"([{"id":{"S":"a"},"n":{"N":"101"},"m":{"M":{"fresh":{"L":[{"N":"2020"}]}}},)"
            R"("l":{"L":[{"N":"1"},{"S":"x"},{"N":"4"}]},"ns":{"NS":["1","34","345"]},"copy":{"N":"1"}}])");
  run("UPDATE hash SET n=n-1 WHERE (id='a' AND copy=1)");
  EXPECT_EQ(rows("UPDATE hash SET n = n - - 2 WHERE id='a' RETURNING MODIFIED NEW *"), R"([{"n":{"N":"102"}}])");
  EXPECT_EQ(rows("FROM hash WHERE id='a' SET n = 7 RETURNING MODIFIED OLD *"), R"([{"n":{"N":"102"}}])");
}

TEST_F(ExecuteStatement, RefusesMisusedUpdates) {
  run("INSERT INTO hash VALUE {'id':'a','ss':<<'a'>>,'s':'str'}");
  const std::string where = " WHERE id='a'";
  EXPECT_EQ(refusal("UPDATE hash SET t = set_add(ss, <<'x'>>)" + where),
            "The first argument to SET_ADD must equal the assignment value at 1:21:7");
  EXPECT_EQ(refusal("UPDATE hash\nSET ss = set_delete(ss, 'x')" + where),
            "The second argument to SET_DELETE must be a value with type SET at 2:21:2");
  EXPECT_EQ(refusal("UPDATE hash SET ss = set_add(ss)" + where), "SET_ADD must have exactly two arguments at 1:22:7");
  EXPECT_EQ(refusal("UPDATE hash SET ss = set_add(ss, <<1>>)" + where),
            "An operand in the update expression has an incorrect data type");
  EXPECT_EQ(refusal("UPDATE hash SET s = 'a' + 1" + where + " AND nope='x'"),
            "Incorrect operand type for operator or function; operator or function: +, operand type: S");
  EXPECT_EQ(refusal("UPDATE hash SET nope[0] = 1" + where),
            "The document path provided in the update expression is invalid for update");
  EXPECT_EQ(refusal("UPDATE hash SET a = 1, a.b = 2" + where),
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], "
            "path two: [a, b]");
  EXPECT_EQ(refusal("UPDATE hash SET id = 'b'" + where),
            "One or more parameter values were invalid: Cannot update attribute id. This attribute is part of the key");
  EXPECT_EQ(refusal("UPDATE hash SET x = [?]" + where, R"(,"Parameters":[{"S":"v"}])"),
            "Unsupported data type: Parameter under key root[0] at 1:22:1");
}

TEST_F(ExecuteStatement, WritesWantTheWholeKey) {
  const std::string missing = "Where clause does not contain a mandatory equality on all key attributes";
  EXPECT_EQ(refusal("UPDATE \"range\" SET a=1"), missing);
  EXPECT_EQ(refusal("UPDATE \"range\" SET a=1 WHERE pk='a'"), missing);
  EXPECT_EQ(refusal("DELETE FROM \"range\" WHERE pk='a' AND sk>1"), missing);
  EXPECT_EQ(refusal("DELETE FROM \"range\" WHERE pk='a' OR sk=1"), missing);
  EXPECT_EQ(refusal("DELETE FROM \"range\" WHERE pk='a' AND sk=1 AND pk='b'"),
            "Multiple conditions on same key pk. Only single item Update/Insert/Delete are supported");
  EXPECT_EQ(rows("DELETE FROM \"range\" WHERE pk='a' AND sk=1 AND pk='a'"), "[]");
}

TEST_F(ExecuteStatement, ConditionsBesideTheKeyMustHold) {
  run("INSERT INTO hash VALUE {'id':'a','v':1}");
  const std::string failed = "ConditionalCheckFailedException: The conditional request failed";
  EXPECT_EQ(error("UPDATE hash SET v=2 WHERE id='a' AND v=9"), failed);
  EXPECT_EQ(error("DELETE FROM hash WHERE id='a' AND NOT v=1"), failed);
  EXPECT_EQ(error("UPDATE hash SET v=2 WHERE id='nobody'"), failed);
  EXPECT_EQ(rows("DELETE FROM hash WHERE id='nobody' AND v=1"), "[]");
  Answer answer = db.call("ExecuteStatement", request("UPDATE hash SET v=2 WHERE id='a' AND v=9",
                                                      R"(,"ReturnValuesOnConditionCheckFailure":"ALL_OLD")"));
  EXPECT_EQ(answer.members, json_of(R"({"Item":{"id":{"S":"a"},"v":{"N":"1"}}})"));
  EXPECT_EQ(rows("DELETE FROM hash WHERE id='a' AND v=1 RETURNING ALL OLD *"), R"([{"id":{"S":"a"},"v":{"N":"1"}}])");
  EXPECT_EQ(rows("DELETE FROM hash WHERE id='a' RETURNING ALL OLD *"), "[]");
  EXPECT_EQ(refusal("DELETE FROM hash WHERE id='a' RETURNING MODIFIED OLD *"),
            "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE "
            "statements.");
  EXPECT_EQ(item_count("hash"), 0);
}

TEST_F(ExecuteStatement, RefusesWhatIsNotGrammatical) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"SLECT * FROM hash", "Expected data manipulation"},
      {"UPDATE hash-x SET a=1", "Expected data manipulation"},
      {"SELECT * FROM hash WHERE id='a' foo", "Unexpected token after expression"},
      {"SELECT * FROM hash WHERE id=1 e5", "Unexpected token after expression"},
      {"SELECT * FROM hash WHERE id='a')", "Unexpected token after expression"},
      {"INSERT INTO hash t VALUE {'id':'a'}", "Unexpected token after expression"},
      {"DELETE FROM hash WHERE id='a' ORDER BY id", "Unexpected token after expression"},
      {"FROM hash SET c = 1 WHERE id='a'", "Unexpected token after expression"},
      {"SELECT * FROM hash WHERE", "Unexpected term"},
      {"SELECT * FROM hash WHERE;", "Unexpected term"},
      {"SELECT * FROM hash WHERE NOT", "Unexpected term"},
      {"SELECT * FROM hash WHERE (", "Unexpected term"},
      {"SELECT * FROM", "Unexpected term"},
      {"SELECT * FROM hash WHERE a=1 AND", "Missing right-hand side expression of infix operator"},
      {"SELECT * FROM hash WHERE ORDER BY id", "Unexpected keyword"},
      {"SELECT * FROM hash WHERE user = 1", "Unexpected keyword"},
      {"SELECT * FROM hash WHERE x IS FOO", "Expected type name"},
      {"SELECT * FROM hash WHERE IS NULL", "Unexpected operator"},
      {"SELECT * FROM hash WHERE id = LIKE", "Unexpected operator"},
      {"SELECT * FROM hash WHERE attribute_exists(m.inner)", "Invalid path dot component"},
      {"DELETE FROM WHERE id='a'", "Expected identifier for simple path"},
      {"SELECT * FROM hash WHERE id='open", ""},
      {"SELECT * FROM hash WHERE id=1 # note", ""},
      {"SELECT * FROM hash /* open", ""},
      {"SELECT * FROM hash WHERE id=1e2147483648", ""},
      {"SELECT * FROM hash WHERE id=1.5e-2147483647", ""},
  };
  for (const auto& [statement, detail] : cases) EXPECT_EQ(refusal(statement), malformed(detail)) << statement;
  EXPECT_EQ(refusal("SELECT * FROM hash t WHERE id='a'"), "Aliasing is not supported");
  EXPECT_EQ(refusal("SELECT id FROM hash LIMIT 5"), "Unsupported clause: LIMIT at 1:27:1");
  EXPECT_EQ(refusal("SELECT * FROM \"\""), "Path component cannot be an empty string");
  EXPECT_EQ(refusal("SELECT * FROM a.b.c"), "A path may contain at most 2 components in the FROM clause");
  EXPECT_EQ(refusal("INSERT INTO hash.idx VALUE {'id':'a'}"), "FROM clause may only contain a single table name");
  EXPECT_EQ(refusal("UPDATE hash.idx SET a=1 WHERE id='a'"), "This operation is not supported on an index");
  EXPECT_EQ(refusal("SELECT * FROM hash.idx"), "The table does not have the specified index");
  EXPECT_EQ(refusal("EXISTS(SELECT * FROM hash WHERE id='a' AND b=1)"),
            "EXISTS can only be used in ExecuteTransaction write requests.");
  EXPECT_EQ(error("SELECT * FROM nobody"), "ResourceNotFoundException: Requested resource not found");
  EXPECT_EQ(error("SELECT * FROM nobody WHERE a < true").substr(0, 40), "ValidationException: Incorrect operand t");
}

TEST_F(ExecuteStatement, CommentsAndSemicolonsAreBlank) {
  run("INSERT INTO hash VALUE {'id':'a','note':'a--b /*c*/'}");
  EXPECT_EQ(run("-- first\nSELECT/**/* FROM hash -- the table\nWHERE id/* key */='a' AND note='a--b /*c*/'; -- done")
                .at("Items")
                .as_array()
                .size(),
            1u);
}

TEST_F(ExecuteStatement, RefusesValuesThatCannotBeStored) {
  const auto insert = [](std::string_view value) {
    return "INSERT INTO hash VALUE {'id':'a','v':" + std::string(value) + "}";
  };
  EXPECT_EQ(refusal(insert("{'x': 1e126}")),
            "Number overflow. Attempting to store a number with magnitude larger than supported range under root.x");
  EXPECT_EQ(refusal(insert("[1, 1e-131]")),
            "Number underflow. Attempting to store a number with magnitude smaller than supported range under root[1]");
  EXPECT_EQ(refusal(insert("<<>>")), "Empty bags are not supported");
  EXPECT_EQ(refusal(insert("<<1,'a'>>")),
            "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags");
  EXPECT_EQ(refusal(insert("<<2, 2.0>>")),
            "One or more parameter values were invalid: Input collection [2, 2.0] contains duplicates! under root");
  EXPECT_EQ(refusal(insert("set_add(<<'a'>>, <<'b'>>)")), "Unsupported data type: set_add under key root at 1:38:7");
  std::string deep, path = "root";
  for (int i = 0; i < 32; ++i) {
    deep += '[';
    path += "[0]";
  }
  EXPECT_EQ(refusal(insert(deep + "1" + std::string(32, ']'))),
            "Nesting Levels have exceeded supported limits under " + path);
  EXPECT_EQ(refusal(insert(std::string(5000, '['))), malformed("Nesting too deep"));
  EXPECT_EQ(refusal("INSERT INTO hash VALUE {'v':1}"),
            "One or more parameter values were invalid: Missing the key id in the item");
}

TEST_F(ExecuteStatement, ChecksItsMembers) {
  EXPECT_EQ(db.error("ExecuteStatement", "{}"),
            "ValidationException: 1 validation error detected: Value null at 'statement' failed to satisfy constraint: "
            "Member must not be null");
  EXPECT_EQ(refusal("", ",\"Limit\":0"),
            "2 validation errors detected: Value '' at 'statement' failed to satisfy constraint: Member must have "
            "length greater than or equal to 1; Value '0' at 'limit' failed to satisfy constraint: Member must have "
            "value greater than or equal to 1");
  const std::string many(8193, ' ');
  EXPECT_TRUE(refusal(many).ends_with("Member must have length less than or equal to 8192"));
}

TEST_F(ExecuteStatement, TellsConsumedCapacity) {
  EXPECT_EQ(run("INSERT INTO hash VALUE {'id':'a'}", R"(,"ReturnConsumedCapacity":"TOTAL")").at("ConsumedCapacity"),
            json_of(R"({"TableName":"hash","CapacityUnits":1.0})"));
  const auto units = [&](std::string_view more) {
    const std::string all = R"(,"ReturnConsumedCapacity":"TOTAL")" + std::string(more);
    return run("SELECT * FROM hash WHERE id='a'", all).at("ConsumedCapacity").at("CapacityUnits").as_double();
  };
  EXPECT_EQ(units(""), 0.5);
  EXPECT_EQ(units(R"(,"ConsistentRead":true)"), 1.0);
}

}  // namespace
}  // namespace brume::dynamodb
