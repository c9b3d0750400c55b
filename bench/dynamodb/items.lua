-- Item operations on 1 KiB items.   wrk … -- OPERATION KEYS [SHAPE NULL_BYTES]
--   OPERATION: put, get, walk (get, but one key after the other), or null (GetItem's or PutItem's bytes to an endpoint
--   that does nothing)
dofile(os.getenv("REPORT"))

local MARK = "88888888"
local count, parts, walked = 0, {}, nil
local filler = string.rep("0123456789abcdef", 60)

local headers = {
  ["Content-Type"] = "application/x-amz-json-1.0",
  ["X-Amz-Date"] = "20260101T000000Z",
  ["Authorization"] = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
}

local function put_body(n)
  return string.format('{"TableName":"bench","Item":{"id":{"S":"key-%s"},"n":{"N":"1%s"},"filler":{"S":"%s"}}}', n, n, filler)
end
local function get_body(n)
  return string.format('{"TableName":"bench","Key":{"id":{"S":"key-%s"}}}', n)
end

function init(args)
  local mode = args[1]
  count = tonumber(args[2])
  local path = "/"
  local shape = mode
  if mode == "null" then
    shape = args[3]
    path = "/_brume/null?bytes=" .. args[4]
  end
  headers["X-Amz-Target"] = "DynamoDB_20120810." .. (shape == "put" and "PutItem" or "GetItem")
  local body_of = shape == "put" and put_body or get_body
  if mode == "walk" then walked = -1 end
  math.randomseed(tonumber(os.getenv("SEED") or 42))
  -- Requests of one kind differ in the number of the item alone, which has eight digits everywhere: its place is
  -- found once, and no request has to be kept for each key.
  local text = wrk.format("POST", path, headers, body_of(MARK))
  for part in (text .. MARK):gmatch("(.-)" .. MARK) do parts[#parts + 1] = part end
end

function request()
  if walked then
    walked = (walked + 1) % count
    return table.concat(parts, string.format("%08d", walked))
  end
  return table.concat(parts, string.format("%08d", math.random(0, count - 1)))
end
