"""Runs a Python function: asks the Runtime API for invocations and calls the handler.

Stands for AWS's Python runtimes: same handler contract, context object, log format and error objects.
Modules that take long to import (logging aside, which every function has) are imported when needed.
"""
import sys

# AWS's order: the code, layers, then what the runtime brings along.
sys.path[0] = "/var/task"
_version = "python%d.%d" % sys.version_info[:2]
sys.path[1:1] = ["/opt/python/lib/%s/site-packages" % _version, "/opt/python"]
sys.path.append("/var/runtime/site-packages")

import json
import os
import socket
import time


class RuntimeApi:
    """One keep-alive connection to the Runtime API. http.client would cost 15 ms of every cold start."""

    def __init__(self, address):
        self.address = address
        host, _, port = address.partition(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = b""
        self.next_request = ("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: %s\r\n\r\n" % address).encode()

    def next(self):
        self.socket.sendall(self.next_request)
        return self._read()

    def post(self, path, body, error_type=None):
        head = "POST /2018-06-01/runtime/%s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n" % (path, self.address)
        head += "Content-Length: %d\r\n" % len(body)
        if error_type:
            head += "Lambda-Runtime-Function-Error-Type: %s\r\n" % error_type
        self.socket.sendall(head.encode() + b"\r\n" + body)
        self._read()

    def _more(self):
        block = self.socket.recv(1 << 18)
        if not block:
            os._exit(0)  # the service ended this environment
        self.input += block

    def _read(self):
        while True:
            end = self.input.find(b"\r\n\r\n")
            if end >= 0:
                break
            self._more()
        headers = {}
        for line in self.input[:end].decode("utf-8", "replace").split("\r\n")[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body_end = end + 4 + int(headers.get("content-length", 0))
        while len(self.input) < body_end:
            self._more()
        body = self.input[end + 4:body_end]
        self.input = self.input[body_end:]
        return headers, body


class CognitoIdentity:
    __slots__ = ["cognito_identity_id", "cognito_identity_pool_id"]

    def __init__(self, values):
        self.cognito_identity_id = values.get("cognitoIdentityId")
        self.cognito_identity_pool_id = values.get("cognitoIdentityPoolId")


class Client:
    __slots__ = ["installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"]

    def __init__(self, values):
        for name in self.__slots__:
            setattr(self, name, values.get(name))


class ClientContext:
    __slots__ = ["custom", "env", "client"]

    def __init__(self, values):
        self.custom = values.get("custom")
        self.env = values.get("env")
        self.client = Client(values["client"]) if values.get("client") else None


class LambdaContext:
    def __init__(self, headers):
        self.aws_request_id = headers.get("lambda-runtime-aws-request-id", "")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn", "")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        client_context = headers.get("lambda-runtime-client-context")
        self.client_context = ClientContext(json.loads(client_context)) if client_context else None
        identity = headers.get("lambda-runtime-cognito-identity")
        self.identity = CognitoIdentity(json.loads(identity) if identity else {})
        self._deadline_ms = int(headers.get("lambda-runtime-deadline-ms", 0))

    def get_remaining_time_in_millis(self):
        return max(self._deadline_ms - int(time.time() * 1000), 0)

    def log(self, message):
        text = message if isinstance(message, (bytes, bytearray)) else str(message).encode("utf-8", "surrogateescape")
        sys.stdout.flush()
        write_log(text)

    def __repr__(self):
        names = ("aws_request_id", "log_group_name", "log_stream_name", "function_name", "memory_limit_in_mb",
                 "function_version", "invoked_function_arn", "client_context", "identity")
        return "LambdaContext([%s])" % ",".join("%s=%s" % (name, getattr(self, name)) for name in names)


_telemetry = int(os.environ.pop("_LAMBDA_TELEMETRY_LOG_FD", -1))


def write_log(message):
    """One event of the log, whatever line ends it holds."""
    if _telemetry < 0:
        os.write(1, message + b"\n")
        return
    micros = time.time_ns() // 1000
    frame = b"\xa5\x5a\x00\x03" + len(message).to_bytes(4, "big") + micros.to_bytes(8, "big") + message
    while frame:
        frame = frame[os.write(_telemetry, frame):]


request_id = None  # of the running invoke


def set_up_logging():
    import logging

    class Handler(logging.Handler):
        def emit(self, record):
            sys.stdout.flush()
            write_log(self.format(record).encode("utf-8", "surrogateescape"))

    class RequestId(logging.Filter):
        def filter(self, record):
            record.aws_request_id = request_id or ""
            return True

    line = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
    formatter = logging.Formatter(line, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = Handler()
    handler.setFormatter(formatter)
    handler.addFilter(RequestId())
    logging.getLogger().addHandler(handler)


def error_object(kind, message, trace):
    error = {"errorMessage": message, "errorType": kind, "requestId": request_id or "", "stackTrace": trace}
    return json.dumps(error, ensure_ascii=False).encode("utf-8", "surrogateescape")


def log_error(kind, message, trace):
    lines = ["[ERROR] %s: %s" % (kind, message) if message else "[ERROR] %s" % kind]
    if trace:
        lines.append("Traceback (most recent call last):")
        lines.extend(trace)
    sys.stdout.flush()
    sys.stderr.flush()
    write_log("\n".join(line.rstrip("\n") for line in lines).encode("utf-8", "surrogateescape"))


def trace_of(error, skip):
    import traceback
    return traceback.format_list(traceback.extract_tb(error.__traceback__)[skip:])


class InitError(Exception):
    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind, self.message, self.trace = kind, message, list(trace)


def load_handler(name):
    """"folder/module.function" → the function."""
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise InitError("Runtime.MalformedHandlerName",
                        "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name)
    try:
        import importlib
        if module_name.split(".")[0] in sys.builtin_module_names:
            raise InitError("Runtime.BuiltInModuleConflict",
                            "Cannot use built-in module %s as a handler module" % module_name)
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise InitError("Runtime.ImportModuleError",
                        "Unable to import module '%s': %s" % (module_name, error)) from None
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s\n' % (error.filename, error.lineno, (error.text or "").strip())]
        raise InitError("Runtime.UserCodeSyntaxError",
                        "Syntax error in module '%s': %s" % (module_name, error), trace) from None
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise InitError("Runtime.HandlerNotFound",
                        "Handler '%s' missing on module '%s'" % (function_name, module_name)) from None


def to_json(value):
    """As AWS: Decimals become numbers, everything else that json can't write is an error."""
    def other(item):
        import decimal
        if isinstance(item, decimal.Decimal):
            return float(item)
        raise TypeError("Object of type %s is not JSON serializable" % type(item).__name__)
    return json.dumps(value, default=other, ensure_ascii=False).encode("utf-8")


def serve_one(api, handler):
    global request_id
    headers, body = api.next()
    request_id = headers["lambda-runtime-aws-request-id"]
    trace_id = headers.get("lambda-runtime-trace-id")
    if trace_id:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    error = None
    try:
        try:
            event = json.loads(body)
        except ValueError as e:
            error = ("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % e, [])
        if error is None:
            result = handler(event, LambdaContext(headers))
            try:
                answer = to_json(result)
            except Exception as e:
                error = ("Runtime.MarshalError", "Unable to marshal response: %s" % e, [])
    except SystemExit:
        raise
    except BaseException as e:
        error = (type(e).__name__, str(e), trace_of(e, 1))
    if error:
        log_error(*error)
    sys.stdout.flush()
    sys.stderr.flush()
    if error:
        api.post("invocation/%s/error" % request_id, error_object(*error), error[0])
    else:
        api.post("invocation/%s/response" % request_id, answer)


def main():
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    sys.argv = [""]
    set_up_logging()
    error = None
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except InitError as e:
        error = (e.kind, e.message, e.trace)
    except SystemExit:
        raise
    except BaseException as e:
        # The first lines are this file's and importlib's.
        trace = [line for line in trace_of(e, 0) if "importlib" not in line and "bootstrap.py" not in line]
        error = (type(e).__name__, str(e), trace)
    if error:
        log_error(*error)
        sys.stdout.flush()
        api.post("init/error", error_object(*error), error[0])
        sys.exit(1)
    while True:
        serve_one(api, handler)


if __name__ == "__main__":
    # The function may `import bootstrap`, or a `__main__` of its own: it shall not find this one half-made.
    main()
