-- wrk … -- PATH: posts a 200-byte event to PATH.
dofile(os.getenv("REPORT"))

function init(args)
  wrk.method = "POST"
  wrk.path = args[1]
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, " ..
    "SignedHeaders=host, Signature=0"
  wrk.body = '{"text":"' .. string.rep("x", 188) .. '"}'
end
