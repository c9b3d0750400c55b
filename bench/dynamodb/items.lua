-- Item operations on 1 KiB items.   wrk … -- OPERATION KEYS [SHAPE NULL_BYTES]
--   OPERATION: put, get, or null (GetItem's or PutItem's bytes to an endpoint that does nothing)
dofile(os.getenv("REPORT"))

local mode, keys, requests_ready = nil, nil, {}
local filler = string.rep("0123456789abcdef", 60)

local headers = {
  ["Content-Type"] = "application/x-amz-json-1.0",
  ["X-Amz-Date"] = "20260101T000000Z",
  ["Authorization"] = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
}

local function put_body(n)
  return string.format('{"TableName":"bench","Item":{"id":{"S":"key-%08d"},"n":{"N":"%d"},"filler":{"S":"%s"}}}', n, n, filler)
end
local function get_body(n)
  return string.format('{"TableName":"bench","Key":{"id":{"S":"key-%08d"}}}', n)
end

function init(args)
  mode, keys = args[1], tonumber(args[2])
  local path = "/"
  local shape = mode
  if mode == "null" then
    shape = args[3]
    path = "/_brume/null?bytes=" .. args[4]
  end
  headers["X-Amz-Target"] = "DynamoDB_20120810." .. (shape == "put" and "PutItem" or "GetItem")
  local body_of = shape == "put" and put_body or get_body
  math.randomseed(42)
  for i = 1, math.min(keys, 10000) do
    local n = keys <= 10000 and i - 1 or math.random(0, keys - 1)
    requests_ready[i] = wrk.format("POST", path, headers, body_of(n))
  end
end

function request()
  return requests_ready[math.random(#requests_ready)]
end
