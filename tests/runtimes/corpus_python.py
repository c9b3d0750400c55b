"""Handlers for the python runtimes, as in corpus_node.py. The file is app.py, the handler app.handler."""


def py(code, **how):
    return code, how


def returns(expression, before="", **how):
    return py(f"{before}\ndef handler(event, context):\n    return {expression}\n", **how)


def does(*lines, before="", **how):
    return py(before + "\ndef handler(event, context):\n" + "".join(f"    {line}\n" for line in lines), **how)


NAMED = "from collections import namedtuple\nP = namedtuple('P', 'x y')"

CASES = {
    # Results of every type.
    "text": returns("'text'"), "integer": returns("10 ** 30"), "float": returns("[0.1, 1e300, -0.0]"), "nan": returns("[float('nan'), float('inf'), -float('inf')]"),
    "true": returns("True"), "none": returns("None"), "nothing": does("pass"), "dict": returns("{'a': [1, {'b': None}], 'c': (1, 2)}"),
    "keys": returns("{1: 1, 1.5: 2, True: 3, None: 4, 'k': 5}"), "tuple-key": returns("{(1, 2): 3}"), "bytes": returns("b'\\x00raw\\xff'"), "bytes-inside": returns("{'b': b'h\\xc3\\xa9'}"),
    "bytes-key": returns("{b'k': 1}"), "bytes-bad": returns("[b'\\xff']"), "bytearray": returns("bytearray(b'x')"), "set": returns("{1}"), "generator": returns("(i for i in [1])"),
    "range": returns("range(3)"), "named-tuple": returns("P(1, 'a')", NAMED), "named-tuples": returns("{'rows': [P(1, 2), P(P(3, 4), None)]}", NAMED),
    "typed-tuple": returns("T(1)", "from typing import NamedTuple\nclass T(NamedTuple):\n    a: int\n    b: int = 2"), "as-dict": returns("[T()]", "class T:\n    def _asdict(self): return {'a': 1}"),
    "as-dict-not-dict": returns("T()", "class T:\n    def _asdict(self): return 5"), "decimal": returns("[Decimal('1.10'), Decimal('1E+5'), Decimal('NaN'), Decimal('Infinity')]", "from decimal import Decimal"),
    "decimal-key": returns("{Decimal('1'): 1}", "from decimal import Decimal"), "datetime": returns("datetime(2020, 1, 1)", "from datetime import datetime"), "uuid": returns("uuid.UUID(int=0)", "import uuid"),
    "enum": returns("E.A", "import enum\nclass E(enum.Enum):\n    A = 1"), "int-enum": returns("[E.A, {E.A: 1}]", "import enum\nclass E(enum.IntEnum):\n    A = 1"), "text-enum": returns("[E.A, {E.A: 1}]", "import enum\nclass E(str, enum.Enum):\n    A = 'a'"),
    "dataclass": returns("D(1)", "from dataclasses import dataclass\n@dataclass\nclass D:\n    a: int"), "ordered": returns("OrderedDict(b=1, a=2)", "from collections import OrderedDict"), "counter": returns("Counter('aab')", "from collections import Counter"),
    "deque": returns("deque([1])", "from collections import deque"), "subclasses": returns("[I(1), F(1.5), S('s'), L([1]), D(a=1)]", "class I(int): pass\nclass F(float): pass\nclass S(str): pass\nclass L(list): pass\nclass D(dict): pass"),
    "complex": returns("1j"), "function": returns("handler"), "class": returns("int"), "exception-result": returns("ValueError('v')"), "circular": does("a = []", "a.append(a)", "return a"), "circular-dict": does("a = {}", "a['a'] = {'b': a}", "return a"),
    "deep": does("a = []", "for _ in range(100): a = [a]", "return a"), "unicode": returns("'\\u00fc \\U0001f600 \\u2028 \\x00 \\x7f'"), "unicode-ascii": returns("'\\u00fc \\U0001f600 \\u2028 \\x7f'", runtime="python3.11"),
    "surrogate": returns("'\\ud800'"), "surrogate-ascii": returns("'\\ud800'", runtime="python3.11"), "large": returns("'x' * 1000000"), "too-large": returns("'x' * 6291556"), "many": returns("list(range(20000))"),
    "echo": returns("event", event={"a": "\u00fc", "n": 1.5, "big": 12345678901234567890123, "deep": [[[]]]}), "event-null": returns("event is None", event=None), "event-types": returns("[type(e).__name__ for e in event]", event=[1, 1.0, "", None, True, {}, []]),
    # Raises of every type.
    "raise": does("raise ValueError('bad')"), "raise-empty": does("raise ValueError()"), "raise-own": does("raise Own('a', 'b')", before="class Own(Exception): pass"), "raise-str": does("raise Own()", before="class Own(Exception):\n    def __str__(self): return 'said'"),
    "raise-from": does("try:", "    1 / 0", "except ZeroDivisionError as e:", "    raise KeyError('k') from e"), "raise-in-except": does("try:", "    1 / 0", "except ZeroDivisionError:", "    raise KeyError('k')"),
    "raise-lines": does("raise ValueError('one\\ntwo')"), "raise-unicode": does("raise ValueError('\\u00fc\\U0001f600')"), "raise-nested": does("def inner(): raise RuntimeError('deep')", "inner()"), "raise-lambda": does("(lambda: {}['k'])()"),
    "raise-long": does("raise ValueError('x' * 50000)"), "raise-group": does("raise ExceptionGroup('g', [ValueError(1), TypeError(2)])"), "raise-note": does("e = ValueError('n')", "e.add_note('noted')", "raise e"), "raise-os": does("open('/nothing')"),
    "raise-base": does("raise BaseException('base')"), "raise-keyboard": does("raise KeyboardInterrupt()"), "raise-stop": does("raise StopIteration(1)"), "raise-generator-exit": does("raise GeneratorExit()"), "raise-class": does("raise ValueError"),
    "raise-text": does("raise 'text'"), "assert": does("assert 1 == 2, 'claim'"), "recursion": does("return handler(event, context)"), "raise-json": does("import json", "json.loads('{')"), "raise-bad-str": does("raise Own()", before="class Own(Exception):\n    def __str__(self): raise ValueError('in str')"),
    "raise-library": does("import base64", "base64.b64decode('a')"), "raise-exec": does("exec('1/0')"),
    # Exits and signals.
    "exit": does("import sys", "sys.exit(4)"), "exit-0": does("import sys", "sys.exit(0)"), "exit-text": does("import sys", "sys.exit('words')"), "os-exit": does("import os", "os._exit(5)"), "kill": does("import os", "os.kill(os.getpid(), 9)"),
    "sigterm": does("import os, time", "os.kill(os.getpid(), 15)", "time.sleep(1)"), "abort": does("import os", "os.abort()"), "exit-builtin": does("exit(3)"), "exit-in-init": py("import sys\nsys.exit(6)"), "atexit": does("import sys", "sys.exit(1)", before="import atexit\natexit.register(lambda: print('bye'))"),
    # Loading.
    "no-module": py("", handler="other.handler"), "no-function": py("x = 1", handler="app.nothing"), "no-dot": py("", handler="app"), "not-callable": py("handler = 5"), "dots": returns("1", file="pkg/sub.py", handler="pkg.sub.handler"), "slash": returns("1", file="pkg/sub.py", handler="pkg/sub.handler"),
    "import-error": py("import not_there\ndef handler(e, c): pass"), "import-name-error": py("from os import nothing\ndef handler(e, c): pass"), "syntax": py("def handler(:\n"), "indentation": py("def handler(e, c):\nreturn 1\n"), "tabs": py("def handler(e, c):\n\tif e:\n        return 1\n"),
    "syntax-inside": py("import broken\ndef handler(e, c): pass", files={"broken.py": "x = = 1\n"}), "init-raise": py("raise KeyError('k')\ndef handler(e, c): pass"), "init-division": py("def f():\n    return 1 / 0\nf()\ndef handler(e, c): pass"), "builtin": py("", handler="sys.handler"), "builtin-time": py("", handler="time.time"),
    "relative": py("from . import x\ndef handler(e, c): pass"), "null-byte": py("x = 1\0\ndef handler(e, c): pass"), "encoding": py("# -*- coding: nothing -*-\ndef handler(e, c): pass"), "class-handler": py("class H:\n    def __call__(self, e, c): return 'called'\nhandler = H()"),
    "async-handler": py("async def handler(e, c): return 1"), "lambda-handler": py("handler = lambda e, c: 'lambda'"), "one-parameter": py("def handler(e): return 1"), "static-method": py("class H:\n    @staticmethod\n    def go(e, c): return 's'\nhandler = H.go"), "default-parameters": py("def handler(e, c=None, d=3): return d"),
    "generator-handler": py("def handler(e, c): yield 1"), "path": returns("[p for p in __import__('sys').path if p.startswith(('/var/task', '/opt'))][0]"), "name": returns("[__name__, __file__]"), "main": returns("__import__('sys').argv"),
    # The context.
    "context": returns("sorted(k for k in vars(context))"), "context-values": returns("[context.function_name, context.function_version, context.memory_limit_in_mb, context.invoked_function_arn, context.log_group_name, context.client_context, context.tenant_id, context.identity.cognito_identity_id]"),
    "context-repr": does("r = repr(context)", "return r[:14]"), "context-methods": returns("[context.get_remaining_time_in_millis() > 1000, type(context.get_remaining_time_in_millis()).__name__, context.w3c()]"), "context-log": does("context.log('one')", "context.log('two\\n')", "context.log(3)", "context.log('')"),
    "trace-id": returns("__import__('os').environ['_X_AMZN_TRACE_ID'][:7]"), "telemetry-is-hidden": returns("__import__('os').environ.get('_LAMBDA_TELEMETRY_LOG_FD')"),
    # Logs.
    "print": does("print('plain')", "print('two\\nlines')", "print()", "print('no end', end='')", "print(1, 'a', None)"), "print-stderr": does("import sys", "print('to stderr', file=sys.stderr)"), "print-unicode": does("print('\\u00fc\\U0001f600')"), "print-large": does("print('y' * 50000)"),
    "print-init": py("print('at init')\ndef handler(e, c): print('in handler')"), "print-cr": does("print('one\\rtwo')"), "stdout-write": does("import sys", "sys.stdout.write('written\\n\\n')", "sys.stdout.writelines(['a\\n', 'b'])"), "stdout-binary": does("import os", "os.write(1, b'\\xff\\xfe\\nA\\n')"),
    "logging": does("import logging", "log = logging.getLogger()", "log.setLevel(logging.DEBUG)", "for m in ('debug', 'info', 'warning', 'error', 'critical'): getattr(log, m)('to %s', m)"), "logging-default-level": does("import logging", "logging.info('hidden')", "logging.warning('shown')"),
    "logging-named": does("logging.getLogger('mine.own').error('named')", before="import logging"), "logging-exception": does("import logging", "try:", "    1 / 0", "except ZeroDivisionError:", "    logging.exception('caught')"), "logging-lines": does("import logging", "logging.error('one\\ntwo\\n')", "logging.error('')"),
    "logging-init": py("import logging\nlogging.error('at init')\ndef handler(e, c): logging.error('in handler')"), "logging-basic-config": does("import logging", "logging.basicConfig(level=logging.INFO)", "logging.info('configured')", "return logging.getLogger().level"),
    "logging-handlers": returns("[len(logging.getLogger().handlers), logging.getLogger().level]", "import logging"), "logging-extra": does("logging.error('x', extra={'k': 1})", before="import logging"), "logging-stack": does("logging.error('x', stack_info=False)", before="import logging"), "logging-object": does("logging.error({'a': 1})", "logging.error(None)", before="import logging"),
    "logging-format-error": does("logging.error('%d', 'x')", "return 1", before="import logging"), "warnings": does("import warnings", "warnings.warn('careful')"), "log-then-raise": does("print('before')", "raise ValueError('then')"), "child-process": does("import subprocess", "return subprocess.run('echo child; echo err >&2', shell=True, stdout=subprocess.PIPE).stdout.decode()"),
    "thread-raise": does("import threading", "t = threading.Thread(target=lambda: 1 / 0)", "t.start()", "t.join()", "return 1"), "global-state": py("n = 0\ndef handler(e, c):\n    global n\n    n += 1\n    return n"), "stdout-closed": does("import sys", "sys.stdout.flush()", "return sys.stdout.encoding"),
}
