"""Handlers for the node runtimes: name → (code, how). `how` names what is not the default: the file (index.js, in a folder
of the case's own), the handler string, other files, the event, the runtime, the variables."""


def js(code, **how):
    return code, how


def mjs(code, **how):
    return code, {"file": "index.mjs", **how}


def new(code, **how):
    return code, {"runtime": "nodejs24.x", **how}


def returns(expression):
    return js(f"exports.handler = async () => ({expression});")


def throws(expression, asynchronous=True):
    return js(f"exports.handler = {'async ' if asynchronous else ''}() => {{ throw {expression}; }};")


CASES = {
    # Results of every type.
    "text": returns("'text'"), "empty-text": returns("''"), "number": returns("1.5"), "zero": returns("-0"), "nan": returns("NaN"),
    "infinity": returns("-Infinity"), "true": returns("true"), "null": returns("null"), "undefined": returns("undefined"),
    "object": returns("{ a: [1, { b: null }], c: undefined }"), "array": returns("[undefined, () => 1, Symbol('s')]"),
    "date": returns("new Date(0)"), "map": returns("new Map([[1, 2]])"), "set": returns("new Set([1])"),
    "buffer": returns("Buffer.from('bytes')"), "typed-array": returns("new Uint8Array([1, 2])"), "bigint": returns("10n"),
    "bigint-inside": returns("{ a: { b: 1n } }"), "symbol": returns("Symbol('s')"), "function": returns("() => 1"),
    "class-instance": returns("new (class A { x = 1; get y() { return 2; } toJSON() { return { z: 3 }; } })()"),
    "tojson-throws": returns("{ toJSON() { throw new Error('no json'); } }"), "regexp": returns("/a/g"),
    "circular": js("exports.handler = async () => { const a = {}; a.a = a; return a; };"), "error-as-result": returns("new Error('e')"),
    "promise-inside": returns("{ p: Promise.resolve(1) }"), "thenable": returns("{ then(done) { done('then'); } }"),
    "sync-thenable": js("exports.handler = () => ({ then(done) { done('then'); } });"),
    "proxy": returns("new Proxy({ a: 1 }, {})"), "null-prototype": returns("Object.assign(Object.create(null), { a: 1 })"),
    "unicode": returns("'\\u00fc \\ud83d\\ude00 \\u2028 \\u0000 \\u007f'"), "lone-surrogate": returns("'\\ud800'"),
    "large": returns("'x'.repeat(1000000)"), "too-large": returns("'x'.repeat(6291556)"), "many-keys": returns("Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [i, i]))"),
    "echo": js("exports.handler = async (event) => event;", event={"a": "\u00fc", "n": 1e21, "deep": [[[[]]]]}),
    "event-null": js("exports.handler = async (event) => [event === null];", event=None),
    "promise-without-async": js("exports.handler = () => Promise.resolve('p');"),
    # Sync and callbacks.
    "sync-value-is-ignored": js("exports.handler = () => 'value';"), "callback": js("exports.handler = (e, c, done) => done(null, 'ok');"),
    "callback-undefined": js("exports.handler = (e, c, done) => done();"), "callback-two": js("exports.handler = (e, c) => c.done(null, 2);"),
    "callback-error": js("exports.handler = (e, c, done) => done(new TypeError('bad'));"), "callback-text-error": js("exports.handler = (e, c, done) => done('bad');"),
    "callback-object-error": js("exports.handler = (e, c, done) => done({ a: 1 });"), "callback-false": js("exports.handler = (e, c, done) => done(false);"),
    "callback-later": js("exports.handler = (e, c, done) => { setTimeout(() => done(null, 'late'), 20); };"),
    "callback-waits": js("exports.handler = (e, c, done) => { const o = { n: 0 }; setTimeout(() => { o.n = 1; }, 30); done(null, o); };"),
    "callback-hurries": js("exports.handler = (e, c, done) => { c.callbackWaitsForEmptyEventLoop = false; const o = { n: 0 }; setTimeout(() => { o.n = 1; }, 30); done(null, o); };"),
    "callback-twice": js("exports.handler = (e, c, done) => { done(null, 1); done(null, 2); };"),
    "callback-then-throw": js("exports.handler = (e, c, done) => { done(null, 1); throw new Error('after'); };"),
    "callback-bigint": js("exports.handler = (e, c, done) => { c.callbackWaitsForEmptyEventLoop = false; done(null, 1n); };"),
    "callback-bigint-waits": js("exports.handler = (e, c, done) => done(null, 1n);"),
    "async-and-callback": js("exports.handler = async (e, c, done) => { done(null, 'callback'); return 'async'; };"),
    "succeed": js("exports.handler = (e, c) => c.succeed({ ok: 1 });"), "fail": js("exports.handler = (e, c) => c.fail(new Error('f'));"),
    "fail-empty": js("exports.handler = (e, c) => c.fail();"), "fail-text": js("exports.handler = (e, c) => c.fail('text');"),
    "succeed-then-exit": js("exports.handler = (e, c) => { c.succeed(1); process.exit(7); };"),
    "callback-never": js("exports.handler = (e, c, done) => {};"), "never-settles": js("exports.handler = () => new Promise(() => {});"),
    "never-settles-async": js("exports.handler = async () => { await new Promise(() => {}); };"),
    # Throws of every type.
    "throw-error": throws("new Error('boom')"), "throw-error-sync": throws("new Error('boom')", False), "throw-text": throws("'text'"),
    "throw-text-sync": throws("'text'", False), "throw-number": throws("42"), "throw-null": throws("null"), "throw-undefined": throws("undefined"),
    "throw-null-sync": throws("null", False), "throw-object": throws("{ code: 1, message: 'm' }"), "throw-symbol": throws("Symbol('s')"),
    "throw-symbol-sync": throws("Symbol('s')", False), "throw-function": throws("() => 1"), "throw-bigint": throws("5n"), "throw-array": throws("[1, 2]"),
    "throw-null-prototype": throws("Object.create(null)"), "throw-error-like": throws("{ name: 'Like', message: 'm', stack: 'Like: m' }"),
    "throw-own-class": js("class MyError extends Error { constructor(m) { super(m); this.name = 'MyError'; this.extra = { a: 1 }; } }\nexports.handler = async () => { throw new MyError('mine'); };"),
    "throw-class-without-name": js("class Nameless extends Error {}\nexports.handler = async () => { throw new Nameless('n'); };"),
    "throw-with-cause": throws("new Error('outer', { cause: new TypeError('inner') })"), "throw-aggregate": throws("new AggregateError([new Error('one'), new Error('two')], 'both')"),
    "throw-with-members": throws("Object.assign(new Error('m'), { code: 'E_X', statusCode: 400, inner: new RangeError('in'), list: [1n].length })"),
    "throw-circular-member": js("exports.handler = async () => { const e = new Error('c'); e.self = e; throw e; };"),
    "throw-empty-message": throws("new Error()"), "throw-empty-name": throws("Object.assign(new Error('m'), { name: '' })"),
    "throw-name-number": throws("Object.assign(new Error('m'), { name: 5 })"), "throw-no-stack": throws("Object.assign(new Error('m'), { stack: undefined })"),
    "throw-delete-character": throws("new Error('a\\x7fb')"), "throw-unicode": throws("new Error('\\u00fc\\ud83d\\ude00')"), "throw-lines": throws("new Error('one\\ntwo')"),
    "throw-long": throws("new Error('x'.repeat(100000))"), "throw-from-json": js("exports.handler = async () => JSON.parse('{');"),
    "throw-system": js("exports.handler = async () => require('fs').readFileSync('/nothing');"), "reject-later": js("exports.handler = async () => { await new Promise((r) => setTimeout(r, 5)); throw new Error('later'); };"),
    "reject-without-reason": js("exports.handler = () => Promise.reject();"), "throw-dom": throws("new DOMException('m', 'AbortError')"),
    "stack-overflow": js("const f = () => f();\nexports.handler = async () => { try { f(); } catch (e) { throw new RangeError(e.message); } };"),
    # What nobody catches.
    "floating-rejection": js("let n = 0;\nexports.handler = async () => { if (!n++) Promise.reject(new Error('lost')); return n; };"),
    "floating-rejection-awaiting": js("exports.handler = async () => { Promise.reject(new Error('lost')); await new Promise((r) => setTimeout(r, 200)); };"),
    "floating-rejection-text": js("exports.handler = async () => { Promise.reject('lost'); await new Promise((r) => setTimeout(r, 200)); };"),
    "throw-in-timer": js("exports.handler = () => new Promise(() => { setTimeout(() => { throw new Error('timer'); }, 5); });"),
    "throw-in-immediate": js("exports.handler = async () => { setImmediate(() => { throw new Error('immediate'); }); return 1; };"),
    "rejection-handled-later": js("exports.handler = async () => { const p = Promise.reject(new Error('late')); await null; p.catch(() => {}); return 1; };"),
    "init-rejection": js("Promise.reject(new Error('at init'));\nexports.handler = async () => 1;"),
    "init-throw": js("throw new TypeError('at init');"), "init-throw-text": js("throw 'text at init';"), "init-throw-mjs": mjs("throw new Error('at init');\nexport const handler = 1;"),
    "own-handler-of-rejections": js("process.removeAllListeners('unhandledRejection');\nprocess.on('unhandledRejection', (r) => console.log('mine', r.message));\nexports.handler = async () => { Promise.reject(new Error('x')); await new Promise((r) => setTimeout(r, 20)); return 1; };"),
    # Exits and signals.
    "exit-0": js("exports.handler = async () => process.exit(0);"), "exit-3": js("exports.handler = async () => process.exit(3);"),
    "exit-in-init": js("process.exit(4);"), "abort": js("exports.handler = async () => process.abort();"), "kill": js("exports.handler = async () => { process.kill(process.pid, 'SIGKILL'); await new Promise((r) => setTimeout(r, 1000)); };"),
    "sigterm": js("exports.handler = async () => { process.kill(process.pid, 'SIGTERM'); await new Promise((r) => setTimeout(r, 1000)); };"),
    "exit-code-set": js("exports.handler = async () => { process.exitCode = 9; return 1; };"),
    "exit-in-exit-listener": js("process.on('exit', () => console.log('bye'));\nexports.handler = async () => process.exit(2);"),
    # Modules.
    "esm": mjs("export const handler = async () => typeof require;"), "esm-default": mjs("export default { handler: async () => 1 };"),
    "esm-default-function": mjs("export default async () => 1;", handler="index.default"), "esm-top-await": mjs("const v = await Promise.resolve(5);\nexport const handler = async () => v;"),
    "esm-top-await-never": mjs("await new Promise(() => {});\nexport const handler = async () => 1;"), "esm-top-await-throws": mjs("await Promise.reject(new Error('top'));\nexport const handler = 1;"),
    "esm-type-module": js("export const handler = async () => import.meta.url.slice(-8);", files={"package.json": '{"type": "module"}'}),
    "esm-without-type": js("export const handler = async () => 1;"), "esm-import-in-cjs": js("import fs from 'fs';\nexports.handler = async () => 1;"),
    "esm-missing-package": mjs("import x from 'left-pad-x';\nexport const handler = 1;"), "esm-missing-file": mjs("import x from './nope.mjs';\nexport const handler = 1;"),
    "esm-missing-name": mjs("import { nope } from 'fs';\nexport const handler = 1;"), "esm-dynamic": js("exports.handler = async () => (await import('./m.mjs')).v;", files={"m.mjs": "export const v = 3;"}),
    "cjs": js("module.exports = { handler: async () => typeof require };", file="index.cjs"), "cjs-function": js("module.exports = async () => 1;"),
    "cjs-falsy": js("module.exports = 0;"), "cjs-null": js("module.exports = null;", file="index.cjs"), "cjs-require-esm": js("const m = require('./m.mjs');\nexports.handler = async () => m.v;", files={"m.mjs": "export const v = 3;"}),
    "cjs-require-missing": js("require('left-pad-x');"), "cjs-require-missing-file": js("require('./nope');"), "cjs-require-json": js("exports.handler = async () => require('./d.json').a;", files={"d.json": '{"a": 1}'}),
    "cjs-bad-json": js("require('./d.json');", files={"d.json": "{"}), "cjs-this": js("exports.handler = async () => [__filename.slice(-8), require.main === undefined, module.parent == null];"),
    "syntax-error": js("exports.handler = async () => {"), "syntax-error-mjs": mjs("export const handler = async () => {"), "syntax-error-inside": js("require('./broken');", files={"broken.js": "let let = 1;"}),
    "syntax-error-thrown": js("throw new SyntaxError('thrown');"), "bad-package-json": js("exports.handler = async () => 1;", files={"package.json": "{"}),
    "node-modules": js("exports.handler = async () => require('dep');", files={"node_modules/dep/index.js": "module.exports = 'dep';"}),
    "extensionless": js("exports.handler = async () => 'bare';", file="index"), "folder-module": js("exports.handler = async () => 'folder';", file="index/index.js"),
    # Handler strings of every form.
    "handler-missing-export": js("exports.other = 1;"), "handler-not-function": js("exports.handler = { a: 1 };"), "handler-nested": js("exports.a = { b: { c: async () => 'c' } };", handler="index.a.b.c"),
    "handler-nested-missing": js("exports.a = {};", handler="index.a.b.c"), "handler-no-dot": js("exports.handler = 1;", handler="index"), "handler-no-file": js("", handler="other.handler"),
    "handler-two-dots": js("", handler="../index.handler"), "handler-trailing-dot": js("exports.handler = 1;", handler="index."), "handler-other-name": js("exports['my-handler'] = async () => 1;", handler="index.my-handler"),
    "handler-in-folder": js("exports.handler = async () => 'in';", file="sub/index.js", handler="sub/index.handler"), "handler-class-method": js("exports.handler = new (class { m() { return Promise.resolve(this === undefined); } })().m;"),
    "handler-bound": js("exports.handler = (async function () { return this.a; }).bind({ a: 'bound' });"), "handler-generator": js("exports.handler = function* () { yield 1; };"), "handler-async-generator": js("exports.handler = async function* () { yield 1; };"),
    "handler-three-parameters": js("exports.handler = async (a, b, c) => 1;"), "handler-default-parameter": js("exports.handler = async (event, context = 5) => typeof context;"),
    # The context and the globals.
    "context": js("exports.handler = async (e, c) => Object.entries(c).map(([k, v]) => [k, typeof v]);"), "context-values": js("exports.handler = async (e, c) => [c.functionName, c.functionVersion, c.memoryLimitInMB, c.invokedFunctionArn, c.logGroupName, c.callbackWaitsForEmptyEventLoop, c.clientContext, c.identity];"),
    "context-remaining": js("exports.handler = async (e, c) => c.getRemainingTimeInMillis() > 1000;"), "awslambda": js("exports.handler = async () => Object.entries(awslambda).map(([k, v]) => [k, typeof v]);"),
    "awslambda-off": js("exports.handler = async () => typeof awslambda;", env={"AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA": "1"}), "request-id-global": js("exports.handler = async (e, c) => globalThis[Symbol.for('aws.lambda.runtime.requestId')] === c.awsRequestId;"),
    "trace-id": js("exports.handler = async () => process.env._X_AMZN_TRACE_ID.slice(0, 7);"), "telemetry-is-hidden": js("exports.handler = async () => process.env._LAMBDA_TELEMETRY_LOG_FD;"),
    "listeners": js("exports.handler = async () => ['uncaughtException', 'unhandledRejection', 'beforeExit'].map((n) => process.listenerCount(n));"),
    # Streaming.
    "stream": js("exports.handler = awslambda.streamifyResponse(async (e, out) => { out.write('one '); out.write('two'); out.end(); });"),
    "stream-objects": js("exports.handler = awslambda.streamifyResponse(async (e, out) => { out.write({ a: 1 }); out.write(Buffer.from('b')); out.end('end'); });"),
    "stream-http": js("exports.handler = awslambda.streamifyResponse(async (e, out) => { out = awslambda.HttpResponseStream.from(out, { statusCode: 201 }); out.write('made'); out.end(); });"),
    "stream-returns": js("exports.handler = awslambda.streamifyResponse(async (e, out) => { out.write('x'); out.end(); return 5; });"),
    "stream-pipeline": js("exports.handler = awslambda.streamifyResponse(async (e, out) => { const { Readable } = require('stream'); for await (const c of Readable.from(['a', 'b'])) out.write(c); out.end(); await new Promise((r) => out.on('finish', r)); });"),
    "stream-type-late": js("exports.handler = awslambda.streamifyResponse(async (e, out) => { out.write('x'); try { out.setContentType('a/b'); } catch (error) { out.write(error.name + error.message); } out.end(); });"),
    "stream-context": js("exports.handler = awslambda.streamifyResponse(async (e, out, c) => { out.write(Object.keys(c).join()); out.end(); });"),
    "stream-bad-mark": js("exports.handler = async () => 1; exports.handler[Symbol.for('aws.lambda.runtime.handler.streaming')] = 'request';"),
    # Logs.
    "console-all": js("exports.handler = async () => { for (const m of ['log', 'info', 'debug', 'warn', 'error', 'trace', 'fatal']) console[m]('to ' + m); };"),
    "console-formats": js("exports.handler = async () => { console.log('%s %d %j %o %%', 'a', 1.5, { b: 1 }, [1], 'more', { c: 2 }); console.log('100%', 1); console.log('%%'); console.log('%%', 1); };"),
    "console-values": js("exports.handler = async () => { console.log(); console.log(undefined); console.log(null, true, 1n, Symbol('s')); console.log({ a: { b: { c: { d: 1 } } } }); console.log([1, 'a']); console.log(''); console.log(' '); };"),
    "console-error-value": js("exports.handler = async () => { const e = new Error('shown'); e.stack = 'Error: shown'; console.error(e); console.error('with', e); };"),
    "console-lines": js("exports.handler = async () => { console.log('one\\ntwo\\n\\nfour'); console.log('end\\n'); console.log('cr\\rlf'); console.log('\\n'); };"),
    "console-other": js("exports.handler = async () => { console.table([{ a: 1 }]); console.dir({ d: 1 }); console.assert(false, 'claim'); console.count(); console.group('g'); console.log('in g'); console.groupEnd(); };"),
    "console-in-init": js("console.log('at init');\nexports.handler = async () => console.log('in handler');"), "console-large": js("exports.handler = async () => console.log('x'.repeat(200000));"),
    "console-many": js("exports.handler = async () => { for (let i = 0; i < 500; i++) console.log('line', i); };"), "console-binary": js("exports.handler = async () => { console.log('\\u0000\\u0001\\ud800 \\u00fc'); };"),
    "stdout": js("exports.handler = async () => { process.stdout.write('raw\\n\\nlines\\n'); process.stdout.write('no end'); };"), "stderr": js("exports.handler = async () => { process.stderr.write('to stderr\\n'); };"),
    "stdout-binary": js("exports.handler = async () => { process.stdout.write(Buffer.from([0xff, 0xfe, 10, 0x41, 10])); };"), "stdout-large": js("exports.handler = async () => { require('fs').writeSync(1, 'y'.repeat(50000) + '\\n'); };"),
    "log-then-throw": js("exports.handler = async () => { console.log('before'); throw new Error('then'); };"), "child-process": js("exports.handler = async () => require('child_process').execSync('echo child; echo err >&2').toString();"),
    # nodejs24.x.
    "24-sync": new("exports.handler = () => 'value';"), "24-async": new("exports.handler = async (e) => e;", event=[1]), "24-callback": new("exports.handler = (e, c, done) => done(null, 1);"),
    "24-throw": new("exports.handler = async () => { throw new TypeError('t'); };"), "24-throw-text": new("exports.handler = async () => { throw 'text'; };"), "24-throw-null": new("exports.handler = () => { throw null; };"),
    "24-throw-like": new("exports.handler = async () => { throw { name: 'n', message: 'm', stack: 's' }; };"), "24-throw-name-number": new("exports.handler = async () => { throw Object.assign(new Error('m'), { name: 5 }); };"),
    "24-bigint": new("exports.handler = async () => 1n;"), "24-circular": new("exports.handler = async () => { const a = []; a.push(a); return a; };"), "24-function": new("exports.handler = async () => () => 1;"),
    "24-context": new("exports.handler = async (e, c) => Object.entries(c).map(([k, v]) => [k, typeof v]);"), "24-default": new("export default { handler: async () => 'default' };", file="index.mjs"), "24-cjs": new("module.exports.handler = async () => 'cjs';", file="index.cjs"),
    "24-esm": new("export const handler = async () => 'esm';", file="index.mjs"), "24-detected": new("export const handler = async () => 'detected';"), "24-missing": new("exports.other = 1;"), "24-not-function": new("exports.handler = 5;"),
    "24-no-dot": new("", handler="index"), "24-dots": new("", handler="../index.handler"), "24-no-file": new("", handler="other.handler"), "24-syntax": new("exports.handler = {"), "24-init-throw": new("throw new Error('at init');"),
    "24-require-missing": new("require('left-pad-x');"), "24-logs": new("console.log('init');\nexports.handler = async () => { console.log('%s', 'in'); console.fatal('f'); };"), "24-stream": new("exports.handler = awslambda.streamifyResponse(async (e, out) => { out.write('s'); out.end(); });"),
    "24-rejection": new("exports.handler = async () => { Promise.reject(new Error('lost')); return 1; };"), "24-never": new("exports.handler = async () => new Promise(() => {});"), "24-exit": new("exports.handler = async () => process.exit(3);"),
    "24-awslambda": new("exports.handler = async (e, c) => [Object.keys(awslambda).sort(), awslambda.InvokeStore.getRequestId() === c.awsRequestId, awslambda.InvokeStore.getXRayTraceId() === c.xRayTraceId];"),
    "24-nested": new("exports.a = { b: async () => 1 };", handler="index.a.b"), "24-timer-throw": new("exports.handler = async () => { setTimeout(() => { throw new Error('t'); }, 5); await new Promise((r) => setTimeout(r, 100)); };"),
}
