-- PutItem of 1 KiB items that carry index keys, with and without what costs extra.   wrk … -- MODE TABLE KEYS
--   MODE: put, condition (a put whose condition holds), transact (10 puts in one TransactWriteItems), query (10 items of a partition)
dofile(os.getenv("REPORT"))

local ready = {}
local filler = string.rep("0123456789abcdef", 54)
local headers = {
  ["Content-Type"] = "application/x-amz-json-1.0",
  ["X-Amz-Date"] = "20260101T000000Z",
  ["Authorization"] = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
}

-- The index keys change with every request (`version`), so that each write has entries to move.
local function item(n, version)
  local keys = {}
  for i = 1, 5 do keys[i] = string.format('"g%d":{"S":"g-%05d"}', i, (n * 7 + version * 13 + i) % 10000) end
  return string.format('{"id":{"S":"key-%08d"},%s,"until":{"N":"%d"},"filler":{"S":"%s"}}', n, table.concat(keys, ","),
                       4000000000 + version, filler)
end

function init(args)
  local mode, name, keys = args[1], args[2], tonumber(args[3])
  local operations = {put = "PutItem", condition = "PutItem", transact = "TransactWriteItems", query = "Query"}
  headers["X-Amz-Target"] = "DynamoDB_20120810." .. operations[mode]
  math.randomseed(42)
  for i = 1, 4000 do
    local n = math.random(0, keys - 1)
    local body
    if mode == "put" then
      body = string.format('{"TableName":"%s","Item":%s}', name, item(n, i))
    elseif mode == "condition" then
      body = string.format('{"TableName":"%s","Item":%s,"ConditionExpression":"attribute_exists(id) AND size(filler) > :s",' ..
                           '"ExpressionAttributeValues":{":s":{"N":"10"}}}', name, item(n, i))
    elseif mode == "transact" then
      local actions = {}
      for k = 0, 9 do actions[k + 1] = string.format('{"Put":{"TableName":"%s","Item":%s}}', name, item((i * 10 + k) % keys, i)) end
      body = '{"TransactItems":[' .. table.concat(actions, ",") .. "]}"
    else
      body = string.format('{"TableName":"%s","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"p-%06d"}}}', name,
                           n % math.floor(keys / 10))
    end
    ready[i] = wrk.format("POST", "/", headers, body)
  end
end

-- In turn, so that transactions in flight at the same time touch different items, as they must not to conflict.
local turn = 0
function request()
  turn = turn % #ready + 1
  return ready[turn]
end
