"""Runs a Python function: asks the Runtime API for invocations and calls the handler.

Stands for AWS's Python runtimes: same handler contract, context object, log format and error objects. A cold
start waits for every import here, so this file takes what the interpreter has loaded anyway and C modules; the
packages json and logging alone would take as long as the interpreter. They come when the function wants them.
"""
import sys

# AWS's order: the code, layers, then what the runtime brings along.
sys.path[0] = "/var/task"
_version = "python%d.%d" % sys.version_info[:2]
sys.path[1:1] = ["/opt/python/lib/%s/site-packages" % _version, "/opt/python"]
sys.path.append("/var/runtime/site-packages")

import _socket
import marshal
import os
import time

# ---- The Runtime API


class RuntimeApi:
    """One keep-alive connection, one request at a time."""

    def __init__(self, address):
        self.address = address
        host, _, port = address.partition(":")
        self.socket = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        self.socket.connect((host, int(port)))
        self.socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        self.next_request = ("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: %s\r\n\r\n" % address).encode()

    def next(self):
        self.socket.sendall(self.next_request)
        return self._read()

    def post(self, path, body, error_type=None, content_type="application/json"):
        head = "POST /2018-06-01/runtime/%s HTTP/1.1\r\nHost: %s\r\n" % (path, self.address)
        head += "Content-Type: %s\r\nContent-Length: %d\r\n" % (content_type, len(body))
        if error_type:
            head += "Lambda-Runtime-Function-Error-Type: %s\r\n" % error_type
        self.socket.sendall(head.encode() + b"\r\n" + body)
        self._read()

    def _read(self):
        received = b""
        while True:
            block = self.socket.recv(1 << 16)
            if not block:
                os._exit(0)  # the service ended this environment
            received += block
            end = received.find(b"\r\n\r\n")
            if end >= 0:
                break
        headers = {}
        for line in received[:end].decode("utf-8", "replace").split("\r\n")[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = received[end + 4:]
        length = int(headers.get("content-length", 0))
        if len(body) < length:
            body = self._read_rest(body, length)
        return headers, body

    def _read_rest(self, begin, length):
        body = bytearray(length)
        body[:len(begin)] = begin
        rest = memoryview(body)[len(begin):]
        while rest:
            count = self.socket.recv_into(rest)
            if not count:
                os._exit(0)
            rest = rest[count:]
        return body


# ---- JSON, by the C functions below the package json


class Scanner:
    """What JSONDecoder has for the C scanner."""
    strict, object_hook, object_pairs_hook, memo = True, None, None, {}
    parse_float, parse_int = float, int
    parse_constant = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": -float("inf")}.__getitem__


def load_json(data):
    """json.loads, which itself is asked for what is not plain, and for the words of an error."""
    if _scan:
        try:
            text = data.decode().strip(" \t\n\r")
            value, end = _scan(text, 0)
            if end == len(text):
                return value
        except Exception:
            pass
    import json
    return json.loads(data)


_number_mark = None  # around the text of a Decimal, until the quotes around it are taken away


def _other_to_json(item):
    """As AWS: bytes are text, a Decimal the number it shows, what has _asdict() an object; all else is an error."""
    global _number_mark
    if isinstance(item, bytes):
        return item.decode("utf-8")
    decimal = sys.modules.get("decimal")
    if decimal and isinstance(item, decimal.Decimal):
        if item.is_nan():
            return float("nan")
        _number_mark = _number_mark or os.urandom(16).hex()
        return _number_mark + str(item) + _number_mark
    if callable(getattr(item, "_asdict", None)):
        return _plain(_as_dict(item))
    raise TypeError("Object of type %s is not JSON serializable" % type(item).__name__)


def _as_dict(item):
    members = item._asdict()
    if not isinstance(members, dict):
        raise TypeError("_asdict() must return a dict, not %s" % type(members).__name__)
    return members


def _plain(value, above=()):
    """Named tuples as objects and keys of bytes as text, which the encoder would have otherwise."""
    if isinstance(value, (list, tuple, dict)):
        if id(value) in above:
            raise ValueError("Circular reference detected")
        above = (*above, id(value))
        if not isinstance(value, list) and callable(getattr(value, "_asdict", None)):
            return _plain(_as_dict(value), above)
        if not isinstance(value, dict):
            return [_plain(item, above) for item in value]
        return {_plain_key(key): _plain(item, above) for key, item in value.items()}
    return value


def _plain_key(key):
    if isinstance(key, bytes):
        return key.decode("utf-8")
    if key is None or isinstance(key, (str, int, float)):
        return key
    raise TypeError("keys must be str, int, float, bool or None, not %s" % type(key).__name__)


def _encode(value):
    if _scan:
        return "".join(_encoder({}, _other_to_json, _encode_text, None, ": ", ", ", False, False, True)(value, 0))
    import json
    return json.dumps(value, default=_other_to_json, ensure_ascii=_ascii)


def dump_json(value):
    try:
        marshal.dumps(value)  # takes no named tuple, in a fifth of the time that the encoder needs
    except ValueError:
        value = _plain(value)
    try:
        text = _encode(value)
    except TypeError:
        text = _encode(_plain(value))
    if _number_mark:
        text = text.replace('"' + _number_mark, "").replace(_number_mark + '"', "")
    return text


# Since python3.12 other characters than ASCII are written as they are.
_ascii = os.environ.get("AWS_EXECUTION_ENV") in ["AWS_Lambda_python3.%d" % minor for minor in range(6, 12)]
try:
    from _json import make_encoder as _encoder, make_scanner, encode_basestring, encode_basestring_ascii
    _encode_text = encode_basestring_ascii if _ascii else encode_basestring
    _scan = make_scanner(Scanner)
    if dump_json(["\u00e9", 1.5, {"a": None}]) is None or load_json(b' {"a": [1]} ') != {"a": [1]}:
        _scan = None
except Exception:  # an interpreter that has them otherwise or not at all
    _scan = None

# ---- The context


def fill(target, values):
    for name in target.__slots__:
        setattr(target, name, values.get(name))
    return target


class Shown:
    __slots__ = ()

    def __repr__(self):
        return "%s([%s])" % (type(self).__name__, ",".join("%s=%s" % (n, getattr(self, n)) for n in self.__slots__))


class CognitoIdentity(Shown):
    __slots__ = ["cognito_identity_id", "cognito_identity_pool_id"]


class Client(Shown):
    __slots__ = ["installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"]


class ClientContext(Shown):
    __slots__ = ["custom", "env", "client"]


def header_json(headers, name, title):
    text = headers.get(name)
    if not text:
        return None
    try:
        return load_json(text.encode())
    except Exception as error:
        raise Fault("Runtime.LambdaContextUnmarshalError", "Unable to parse %s JSON: %s" % (title, error)) from None


class LambdaContext:
    def __init__(self, headers):
        self.aws_request_id = headers.get("lambda-runtime-aws-request-id", "")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn", "")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        client = header_json(headers, "lambda-runtime-client-context", "Client Context")
        w3c = client.pop("w3c", None) if isinstance(client, dict) else None
        self._w3c_fields = {name: w3c[name] for name in ("traceparent", "tracestate", "baggage")
                            if isinstance(w3c.get(name), str)} if isinstance(w3c, dict) else {}
        self.client_context = None if client is None else fill(ClientContext(), client)
        if client and client.get("client") is not None:
            self.client_context.client = fill(Client(), client["client"])
        identity = header_json(headers, "lambda-runtime-cognito-identity", "Cognito Identity") or {}
        self.identity = CognitoIdentity()
        self.identity.cognito_identity_id = identity.get("cognitoIdentityId")
        self.identity.cognito_identity_pool_id = identity.get("cognitoIdentityPoolId")
        self._epoch_deadline_time_in_ms = int(headers.get("lambda-runtime-deadline-ms", 0))

    def get_remaining_time_in_millis(self):
        return max(self._epoch_deadline_time_in_ms - int(time.time() * 1000), 0)

    def w3c(self):
        """The trace context that came with the invoke."""
        return dict(self._w3c_fields)

    def log(self, message):
        sys.stdout.flush()
        write_log(str(message))

    def __repr__(self):
        names = ("aws_request_id", "log_group_name", "log_stream_name", "function_name", "memory_limit_in_mb",
                 "function_version", "invoked_function_arn", "client_context", "identity", "tenant_id")
        return "LambdaContext([%s])" % ",".join("%s=%s" % (name, getattr(self, name)) for name in names)


# ---- The log

_telemetry = int(os.environ.pop("_LAMBDA_TELEMETRY_LOG_FD", -1))


def write_log(text):
    """One event of the log, whatever line ends it holds."""
    message = text.encode("utf-8", "surrogateescape")
    if _telemetry < 0:
        os.write(1, message if message.endswith(b"\n") else message + b"\n")
        return
    micros = time.time_ns() // 1000
    frame = b"\xa5\x5a\x00\x03" + len(message).to_bytes(4, "big") + micros.to_bytes(8, "big") + message
    while frame:
        frame = frame[os.write(_telemetry, frame):]


request_id = None  # of the running invoke
tenant_id = None


def set_up_logging(logging):
    class Handler(logging.Handler):
        def emit(self, record):
            sys.stdout.flush()
            write_log(self.format(record) + "\n")

    class RequestId(logging.Filter):
        def filter(self, record):
            record.aws_request_id = request_id or ""
            record.tenant_id = tenant_id
            return True

    line = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
    logging.Formatter.converter = time.gmtime
    handler = Handler()
    handler.setFormatter(logging.Formatter(line, "%Y-%m-%dT%H:%M:%S"))
    handler.addFilter(RequestId())
    logging.getLogger().addHandler(handler)


class LoggingFinder:
    """Stands first among the finders, so that whoever imports logging finds the root logger set up, as on AWS."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "logging":
            return None
        sys.meta_path.remove(cls)
        from importlib.util import find_spec
        spec = find_spec(name)
        if spec and spec.loader:
            execute = spec.loader.exec_module

            def execute_and_set_up(module):
                execute(module)
                set_up_logging(module)
            spec.loader.exec_module = execute_and_set_up
        return spec


# ---- Errors


class Fault(Exception):
    """An error of the runtime's own: AWS's type, message and lines of the trace."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind, self.message, self.trace = kind, message, list(trace)


def error_of(error):
    """Type, message and trace that AWS reports for an exception."""
    if isinstance(error, Fault):
        return error.kind, error.message, error.trace
    import traceback
    frames = traceback.extract_tb(error.__traceback__)
    own = error_of.__code__.co_filename
    for index, frame in enumerate(frames):
        if frame.filename != own:
            frames = frames[index:]
            break
    # AWS's lines have no marks below the code.
    plain = [(frame.filename, frame.lineno, frame.name, frame.line) for frame in frames]
    return type(error).__name__, str(error), traceback.format_list(plain)


def error_object(kind, message, trace):
    error = {"errorMessage": message, "errorType": kind, "requestId": request_id or "", "stackTrace": trace}
    return dump_json(error).encode("utf-8", "surrogateescape")


def log_error(kind, message, trace):
    lines = ["[ERROR] %s: %s" % (kind, message) if message else "[ERROR] " + kind, "Traceback (most recent call last):"]
    for line in "\n".join(entry.rstrip("\n") for entry in trace).splitlines():
        text = line.lstrip(" ")
        lines.append("\u00a0" * (len(line) - len(text)) + text)
    sys.stdout.flush()
    sys.stderr.flush()
    write_log("\n".join(lines))


_UNHANDLED_WARNING = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. However, in rare "
    "cases, a Lambda runtime update can cause unexpected function behavior. For functions using managed runtimes, "
    "runtime updates can be triggered by a function change, or can be applied automatically. To determine if the "
    "runtime has been updated, check the runtime version in the INIT_START log entry. If this error correlates with "
    "a change in the runtime version, you may be able to mitigate this error by temporarily rolling back to the "
    "previous runtime version. For more information, see "
    "https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html\r")

# ---- Loading and calling the handler


def load_handler(name):
    """"folder/module.function" → the function."""
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise Fault("Runtime.MalformedHandlerName",
                    "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name)
    try:
        import importlib
        if module_name.split(".")[0] in sys.builtin_module_names:
            raise Fault("Runtime.BuiltInModuleConflict",
                        "Cannot use built-in module %s as a handler module" % module_name)
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, error)) from None
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)]
        raise Fault("Runtime.UserCodeSyntaxError",
                    "Syntax error in module '%s': %s" % (module_name, error), trace) from None
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Fault("Runtime.HandlerNotFound",
                    "Handler '%s' missing on module '%s'" % (function_name, module_name)) from None


def load_event(body):
    try:
        return load_json(body)
    except Exception as error:
        raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error) from None


def dump_response(response):
    """The answer, text or bytes, and its type."""
    if isinstance(response, bytes):
        return response, "application/unknown"
    try:
        return dump_json(response), "application/json"
    except Exception as error:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error) from None


def handle_event_request(api, request_handler):
    global request_id, tenant_id
    headers, body = api.next()
    request_id = headers["lambda-runtime-aws-request-id"]
    tenant_id = headers.get("lambda-runtime-aws-tenant-id")
    trace_id = headers.get("lambda-runtime-trace-id")
    if trace_id:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    error = None
    try:
        lambda_context = LambdaContext(headers)
        event = load_event(body)
        response = request_handler(event, lambda_context)
        answer, content_type = dump_response(response)
    except Exception as e:
        error = error_of(e)
        log_error(*error)
    sys.stdout.flush()
    sys.stderr.flush()
    if error:
        api.post("invocation/%s/error" % request_id, error_object(*error), error[0])
    else:
        if isinstance(answer, str):
            answer = answer.encode("utf-8")  # half a surrogate pair ends the process, as on AWS
        api.post("invocation/%s/response" % request_id, answer, None, content_type)


def run(api):
    error = None
    try:
        request_handler = load_handler(os.environ["_HANDLER"])
    except Exception as e:
        error = error_of(e)
    if error:
        import logging
        logging.warning(_UNHANDLED_WARNING)
        log_error(*error)
        api.post("init/error", error_object(*error), error[0])
        sys.exit(1)
    while True:
        handle_event_request(api, request_handler)


if __name__ == "__main__":
    # What the module site would have left, whose search for packages a cold start can't afford.
    import builtins
    import _sitebuiltins
    builtins.exit, builtins.quit = (_sitebuiltins.Quitter(name, "Ctrl-D (i.e. EOF)") for name in ("exit", "quit"))
    builtins.help = _sitebuiltins._Helper()
    sys.argv = [""]
    sys.stdout.reconfigure(line_buffering=True)  # what was printed before a time-out or a crash is in the log
    sys.meta_path.insert(0, LoggingFinder)
    run(RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"]))
