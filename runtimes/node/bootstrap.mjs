// Runs a Node.js function: asks the Runtime API for invocations and calls the handler.
//
// Stands for AWS's Node.js runtimes, and behaves as the one does whose name the function has: up to nodejs22.x
// handlers may use callbacks, and what is thrown or rejected behind the handler's back is reported and ends the
// process; from nodejs24.x on handlers are async, and such errors end the process as node itself does it.
// The HTTP side is a few lines on node:net, because node:http would cost every cold start some milliseconds and
// every invoke some ten microseconds.
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import fs from 'node:fs';
import path from 'node:path';

const { env } = process;
const [apiHost, apiPort] = env.AWS_LAMBDA_RUNTIME_API.split(':');
const telemetry = Number(env._LAMBDA_TELEMETRY_LOG_FD ?? -1);
delete env._LAMBDA_TELEMETRY_LOG_FD;

/** nodejs24.x and later: AWS wrote these runtimes anew. */
const modern = Number(/_nodejs(\d+)\.x$/.exec(env.AWS_EXECUTION_ENV)?.[1]) >= 24;
const hasGlobal = !['1', 'true'].includes(env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA);
const require = createRequire(import.meta.url);

let requestId; // of the running invoke, or of the last one

// ---- The Runtime API: one connection, one request at a time.

function postRequest({ path: target, body, type = 'application/json', errorType }) {
  const bytes = Buffer.from(body);
  const head = Buffer.from(
    `POST /2018-06-01/runtime/${target} HTTP/1.1\r\nHost: ${env.AWS_LAMBDA_RUNTIME_API}\r\n` +
    `Content-Type: ${headerText(type)}\r\nContent-Length: ${bytes.length}\r\n` +
    (errorType ? `Lambda-Runtime-Function-Error-Type: ${headerText(errorType)}\r\n` : '') + '\r\n');
  return { head, bytes };
}

class RuntimeApi {
  #socket;
  #expected;
  #chunks = [];
  #size = 0;
  #waiting = null;
  #next = Buffer.from(
    `GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: ${env.AWS_LAMBDA_RUNTIME_API}\r\n\r\n`);

  async open() {
    this.#socket = connect({ host: apiHost, port: Number(apiPort), noDelay: true });
    await new Promise((resolve, reject) => this.#socket.once('connect', resolve).once('error', reject));
    this.#socket.removeAllListeners('error');
    this.#socket.on('data', (block) => this.#take(block));
    // The service ended this environment.
    this.#socket.on('error', () => process.exit(1)).on('close', () => process.exit(0));
  }

  /** The event loop may run dry while nobody waits for us. */
  ref() { this.#socket.ref(); }
  unref() { this.#socket.unref(); }

  next() {
    this.#socket.write(this.#next);
    return this.#response();
  }

  /** `answer` is {path, body, type, errorType}. */
  post(answer) {
    const { head, bytes } = postRequest(answer);
    if (bytes.length < 65536) this.#socket.write(Buffer.concat([head, bytes]));
    else { this.#socket.write(head); this.#socket.write(bytes); }
    return this.#response();
  }

  /** The same for the last words of a process: returns when the service has taken them. Nothing else is under way. */
  postNow(answer) {
    const fd = this.#socket._handle?.fd;
    if (!(fd >= 0)) return;
    const { head, bytes } = postRequest(answer);
    const nap = new Int32Array(new SharedArrayBuffer(4));
    const patiently = (attempt) => {
      for (const end = Date.now() + 5000; Date.now() < end;) {
        try {
          return attempt();
        } catch (error) {
          if (error.code !== 'EAGAIN') return 0;
          Atomics.wait(nap, 0, 0, 1);
        }
      }
      return 0;
    };
    const all = Buffer.concat([head, bytes]);
    for (let at = 0, sent = 1; at < all.length && sent > 0; at += sent)
      sent = patiently(() => fs.writeSync(fd, all, at));
    patiently(() => fs.readSync(fd, Buffer.alloc(1024)));
  }

  #response() { return new Promise((resolve) => { this.#waiting = resolve; }); }

  #take(block) {
    this.#chunks.push(block);
    this.#size += block.length;
    if (this.#expected !== undefined && this.#size < this.#expected) return;
    const input = this.#chunks.length === 1 ? block : Buffer.concat(this.#chunks);
    this.#chunks = [input];
    const end = input.indexOf('\r\n\r\n');
    if (end < 0) return;
    const headers = {};
    for (const line of input.latin1Slice(0, end).split('\r\n').slice(1)) {
      const colon = line.indexOf(':');
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const bodyEnd = end + 4 + Number(headers['content-length'] ?? 0);
    if (input.length < bodyEnd) { this.#expected = bodyEnd; return; }
    this.#expected = undefined;
    const body = input.utf8Slice(end + 4, bodyEnd);
    this.#chunks = input.length > bodyEnd ? [input.subarray(bodyEnd)] : [];
    this.#size = input.length - bodyEnd;
    const resolve = this.#waiting;
    this.#waiting = null;
    resolve?.({ headers, body });
  }
}

const headerText = (text) => String(text).replace(/[^\x20-\x7e]/g, '?').slice(0, 1024);
/** Header values arrive as bytes; AWS's JSON in them is UTF-8. */
function headerJson(text, name) {
  if (!text) return undefined;
  try {
    return JSON.parse(Buffer.from(text, 'latin1').toString('utf8'));
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${error}`);
  }
}

// ---- Log: console's methods write "TIME\tREQUEST ID\tLEVEL\ttext", one event each whatever line ends they hold.

function writeAll(fd, bytes) {
  for (let at = 0; at < bytes.length;) {
    try {
      at += fs.writeSync(fd, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

function writeLog(level, text) {
  const line = `${new Date().toISOString()}\t${requestId ?? (modern ? '-' : 'undefined')}\t${level}\t${text}\n`;
  if (telemetry < 0) {
    writeAll(1, Buffer.from(line.slice(0, -1).replace(/\n/g, '\r') + '\n'));
    return;
  }
  const message = Buffer.from(line);
  const frame = Buffer.allocUnsafe(16 + message.length);
  frame.writeUInt32BE(0xa55a0003, 0);
  frame.writeUInt32BE(message.length, 4);
  frame.writeBigInt64BE(BigInt(Date.now()) * 1000n, 8);
  message.copy(frame, 16);
  writeAll(telemetry, frame);
}

let formatText; // util.format, loaded with the first line that needs it
function patchConsole() {
  const log = (level) => (message, ...values) => {
    if (values.length === 0 && typeof message === 'string') return writeLog(level, message);
    formatText ??= require('node:util').format;
    return writeLog(level, formatText(message, ...values));
  };
  const info = log('INFO');
  Object.assign(console, {
    log: info, info, debug: log('DEBUG'), warn: log('WARN'), error: log('ERROR'), trace: log('TRACE'), fatal: log('FATAL'),
  });
}

// ---- Errors

/** The runtime's own errors: AWS's type as their name. */
class RuntimeError extends Error {
  constructor(type, message, members = {}) {
    super(message);
    // A member that shows in the log since nodejs24.x.
    Object.defineProperty(this, 'name', { value: `Runtime.${type}`, enumerable: modern });
    Object.assign(this, members);
  }
}

function isError(value) {
  if (modern) return value instanceof Error;
  return require('node:util').types.isNativeError(value) ||
    ['name', 'message', 'stack'].every((key) => value?.[key] && typeof value[key] === 'string');
}

/** What the Runtime API is told of an error. */
function errorObject(error) {
  const shown = (text) => text?.replace(/\x7f/g, '%7F');
  try {
    if (isError(error)) {
      const trace = modern && !error.stack ? [] : error.stack.replace(/\x7f/g, '%7F').split('\n');
      return { errorType: shown(error.name), errorMessage: shown(error.message), trace };
    }
    return { errorType: typeof error, errorMessage: modern ? String(error) : error.toString(), trace: [] };
  } catch {
    const object = {
      errorType: 'handled',
      errorMessage: 'callback called with Error argument, but there was a problem while retrieving one or more of its ' +
        'message, name, and stack',
    };
    return modern ? { ...object, trace: [] } : object;
  }
}

/** All own members of each error in it, the stack as lines. */
function showError(_key, value) {
  if (!(value instanceof Error)) return value;
  const shown = { errorType: value.name, errorMessage: value.message, code: value.code, ...value };
  if (typeof value.stack === 'string') shown.stack = value.stack.split('\n');
  return shown;
}

/** Throws for what can't be made text, a symbol say, as AWS's does: then that is the error. */
function logError(title, error) {
  const real = error instanceof Error ? error : new Error(modern ? String(error) : error);
  let text;
  try {
    text = JSON.stringify(real, showError);
  } catch {
    text = JSON.stringify(errorObject(real));
  }
  writeLog('ERROR', `${title} \t${text}`);
}

const errorAnswer = (target, error) => {
  const object = errorObject(error);
  return { path: target, body: JSON.stringify(object), errorType: object.errorType };
};

// ---- Streaming handlers: (event, stream, context). The answer is gathered and handed over whole.

const kStreaming = Symbol.for('aws.lambda.runtime.handler.streaming');
const kHighWaterMark = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');

function setGlobal() {
  if (!hasGlobal) return;
  globalThis.awslambda = {
    ...globalThis.awslambda,
    streamifyResponse(handler, options) {
      handler[kStreaming] = 'response';
      if (typeof options?.highWaterMark === 'number') handler[kHighWaterMark] = Math.trunc(options.highWaterMark);
      return handler;
    },
    HttpResponseStream: class HttpResponseStream {
      /** Puts status, headers and cookies of an HTTP answer before what is written: JSON, then eight zero bytes. */
      static from(stream, prelude) {
        stream.setContentType('application/vnd.awslambda.http-integration-response');
        const text = JSON.stringify(prelude);
        stream._onBeforeFirstWrite = (write) => {
          write(text);
          write(new Uint8Array(8));
        };
        return stream;
      }
    },
  };
  if (modern) globalThis.awslambda.InvokeStore = new InvokeStore();
}

/** What of the running invoke libraries ask for, loggers and tracers; their own members too. */
class InvokeStore {
  static PROTECTED_KEYS = {
    REQUEST_ID: Symbol.for('_AWS_LAMBDA_REQUEST_ID'),
    X_RAY_TRACE_ID: Symbol.for('_AWS_LAMBDA_X_RAY_TRACE_ID'),
    TENANT_ID: Symbol.for('_AWS_LAMBDA_TENANT_ID'),
  };
  #context;
  isProtectedKey(key) { return Object.values(InvokeStore.PROTECTED_KEYS).includes(key); }
  getContext() { return this.#context; }
  hasContext() { return this.#context !== undefined; }
  get(key) { return this.#context?.[key]; }
  set(key, value) {
    if (this.isProtectedKey(key)) throw new Error(`Cannot modify protected Lambda context field: ${String(key)}`);
    this.#context = { ...this.#context, [key]: value };
  }
  getRequestId() { return this.get(InvokeStore.PROTECTED_KEYS.REQUEST_ID) ?? '-'; }
  getXRayTraceId() { return this.get(InvokeStore.PROTECTED_KEYS.X_RAY_TRACE_ID); }
  getTenantId() { return this.get(InvokeStore.PROTECTED_KEYS.TENANT_ID); }
  run(context, work) {
    this.#context = context;
    return work();
  }
}

function makeResponseStream(highWaterMark) {
  const { Writable } = require('node:stream');
  const chunks = [];
  let begun = false;
  const stream = new Writable({
    ...(highWaterMark ? { highWaterMark } : {}),
    write(chunk, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  const write = stream.write.bind(stream);
  stream.write = (chunk, ...more) => {
    const first = !begun;
    begun = true;
    if (first) stream._onBeforeFirstWrite?.((part) => write(part));
    return write(typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk : JSON.stringify(chunk), ...more);
  };
  stream.contentType = 'application/octet-stream';
  stream.setContentType = (type) => {
    if (begun) throw new RuntimeError('InvalidStreamingOperation', 'Cannot set content-type, too late.');
    stream.contentType = type;
  };
  stream.body = () => Buffer.concat(chunks);
  return stream;
}

/** The answer of a streaming handler: when its promise has settled and its stream has ended. */
async function callStreaming(handler, event, headers) {
  const failure = (text) => (modern ? new Error(text) : text);
  const stream = makeResponseStream(handler[kHighWaterMark]);
  const ended = new Promise((resolve, reject) => stream.on('finish', resolve).on('error', reject));
  ended.catch(() => {}); // it is told below
  const unfinished = new Promise((_, reject) => {
    onLoopEmpty = () => reject(failure('Response stream is not finished.'));
  });
  unfinished.catch(() => {});
  const context = modern ? modernContext(headers) : { callbackWaitsForEmptyEventLoop: true, ...invokeData(headers) };
  const promise = receiver.handler(event, stream, context);
  if (typeof promise?.then !== 'function') throw failure('Streaming does not support non-async handlers.');
  const result = await Promise.race([promise, unfinished]);
  if (result !== undefined) console.warn('Streaming handlers ignore return values.');
  await Promise.race([ended, unfinished]);
  return { body: stream.body(), type: stream.contentType };
}

// ---- Loading the handler

/** Whether the nearest package.json says "type": "module". */
function isModulePackage(folder) {
  if (folder.endsWith('/node_modules')) return false;
  const file = path.join(folder, '/package.json');
  if (fs.existsSync(file)) {
    try {
      const description = JSON.parse(fs.readFileSync(file, 'utf8'));
      if (description) return description.type === 'module';
    } catch (error) {
      console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`, error);
      return false;
    }
  }
  return folder === '/' ? false : isModulePackage(path.resolve(folder, '..'));
}

/** The module of a handler string, in AWS's order of names; a package of that name comes last. */
async function importModule(root, folder, name) {
  const base = path.resolve(root, folder, name);
  if (modern) {
    for (const suffix of ['', '.js', '.mjs', '.cjs'])
      if (fs.existsSync(base + suffix)) return import(base + suffix);
    return require(require.resolve(name, { paths: [root, path.join(root, folder)] }));
  }
  const asModule = fs.existsSync(base + '.js') && isModulePackage(path.dirname(base));
  for (const [suffix, load] of [['', require], ['.js', asModule ? (file) => import(file) : require],
    ['.mjs', (file) => import(file)], ['.cjs', require]]) {
    const found = fs.existsSync(base + suffix) && await load(base + suffix);
    if (found) return found;
  }
  return require(require.resolve(name, { paths: [root, folder] }));
}

async function loadHandler(root, handler) {
  if (handler.includes('..'))
    throw new RuntimeError('MalformedHandlerName', `'${handler}' is not a valid handler name. ` +
      'Use absolute paths when specifying root directories in handler names.');
  const file = path.basename(handler);
  const folder = handler.slice(0, handler.indexOf(file));
  const dot = file.indexOf('.');
  if (dot < 0) throw new RuntimeError('MalformedHandlerName', 'Bad handler');
  const members = file.slice(dot + 1).split('.');
  let module;
  try {
    module = await importModule(root, modern ? folder.replace(/\/$/, '') : folder, file.slice(0, dot));
  } catch (error) {
    if (error instanceof SyntaxError) {
      const wrapped = new RuntimeError('UserCodeSyntaxError', String(error));
      if (modern) wrapped.stack = error.stack;
      throw wrapped;
    }
    if (error?.code === 'MODULE_NOT_FOUND') throw new RuntimeError('ImportModuleError', String(error));
    throw error;
  }
  const within = (object) => members.reduce((found, member) => found && found[member], object);
  const found = within(module) || (modern && module?.default && within(module.default));
  if (!found) throw new RuntimeError('HandlerNotFound', `${handler} is undefined or not exported`);
  if (typeof found !== 'function') throw new RuntimeError('HandlerNotFound', `${handler} is not a function`);
  if (found[kStreaming] && found[kStreaming] !== 'response')
    throw new RuntimeError('MalformedStreamingHandler', 'Only response streaming is supported.');
  if (found.length >= 3 && !found[kStreaming]) checkCallback(found);
  return found;
}

function checkCallback(handler) {
  if (modern)
    throw new RuntimeError('CallbackHandlerDeprecated', 'ERROR: AWS Lambda has removed support for callback-based function ' +
      'handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use ' +
      'Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.');
  if (handler.length === 3 && !isAsyncFunction(handler) && env.AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING === undefined)
    console.warn('AWS Lambda plans to remove support for callback-based function handlers starting with Node.js 24. You ' +
      'will need to update this function to use an async handler to use Node.js 24 or later. For more information and to ' +
      'provide feedback on this change, see https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/issues/137. ' +
      'To disable this warning, set the AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING environment variable.');
}

const isAsyncFunction = (handler) => handler.constructor?.name === 'AsyncFunction';

// ---- One invoke

const environmentData = () => ({
  functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
  functionName: env.AWS_LAMBDA_FUNCTION_NAME,
  memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
  logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
});

function headerData(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    clientContext: headerJson(headers['lambda-runtime-client-context'], 'ClientContext'),
    identity: headerJson(headers['lambda-runtime-cognito-identity'], 'CognitoIdentity'),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    tenantId: headers['lambda-runtime-aws-tenant-id'],
    ...(modern ? { xRayTraceId: headers['lambda-runtime-trace-id'] } : {}),
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

function modernContext(headers) {
  const { functionVersion, functionName, ...environment } = environmentData();
  return { ...headerData(headers), functionName, functionVersion, ...environment };
}

/** The invoke that runs: {outcome}, once there is one. null before the first and between two. */
let invoke = null;
const receiver = { handler: null }; // handlers are called as its method: they find an object as `this`, as on AWS
let onLoopEmpty; // what a running invoke wants when the event loop has run dry
const loopIsEmpty = () => onLoopEmpty?.();

function serialize(result) {
  let text;
  try {
    text = JSON.stringify(result === undefined ? null : result);
  } catch {
    const message = 'Unable to stringify response body';
    throw modern ? new RuntimeError('JSONStringifyError', message) : new Error(message);
  }
  if (text === undefined) throw new TypeError('Wrong arguments'); // a function or a symbol
  return text;
}

/** Up to nodejs22.x. The outcome is an answer for RuntimeApi.post. */
function callWithCallback(handler, body, headers, post) {
  let resolve;
  const outcome = new Promise((r) => { resolve = r; });
  let waits = true;
  let finished = false;
  let settled = false;
  const settle = (answer) => {
    settled = true;
    onLoopEmpty = undefined;
    invoke.outcome = answer;
    resolve(answer);
  };
  const fail = (error) => {
    onLoopEmpty = undefined;
    logError('Invoke Error', error);
    settle(errorAnswer(post.error, error));
  };
  const complete = (result) => {
    onLoopEmpty = undefined;
    if (settled)
      console.error('Invocation has already been reported as done. Cannot call complete more than once per invocation.');
    else settle({ path: post.response, body: serialize(result) });
  };
  // The first of them to come through counts.
  const once = (work) => (...values) => {
    if (finished) return;
    work(...values);
    finished = true;
  };
  const isGiven = (error) => error !== undefined && error !== null;
  const callback = once((error, result) => {
    onLoopEmpty = undefined;
    if (isGiven(error)) fail(error);
    else if (!waits) complete(result);
    else onLoopEmpty = () => setImmediate(() => complete(result));
  });
  const context = {
    get callbackWaitsForEmptyEventLoop() { return waits; },
    set callbackWaitsForEmptyEventLoop(value) { waits = value; },
    succeed: once((result) => complete(result)),
    fail: once((error) => fail(isGiven(error) ? error : 'handled')),
    done: once((error, result) => { isGiven(error) ? fail(error) : complete(result); }),
  };
  // Nothing is left that could still bring an answer.
  onLoopEmpty = () => {
    if (isAsyncFunction(handler))
      fail(new RuntimeError('NodeJsExit', 'The Lambda runtime client detected an unexpected Node.js exit code. This is most ' +
        'commonly caused by a Promise that was never settled. For more information, see ' +
        'https://nodejs.org/docs/latest/api/process.html#exit-codes'));
    else settle({ path: post.response, body: 'null' });
  };
  try {
    const answer = receiver.handler(JSON.parse(body), Object.assign(context, invokeData(headers)), callback);
    if (answer && typeof answer.then === 'function') answer.then(context.succeed, context.fail).catch(context.fail);
  } catch (error) {
    try {
      callback(error);
    } catch (other) {
      console.log(`Unexpected Top Level Error: ${other}`);
      endWith(errorAnswer(post.error, other), 129);
    }
  }
  return outcome;
}

const invokeData = (headers) => Object.assign(environmentData(), headerData(headers));

/** A streaming handler, or any from nodejs24.x on. */
async function callAsync(handler, body, headers, post) {
  try {
    if (handler[kStreaming]) return { path: post.response, ...await callStreaming(handler, JSON.parse(body), headers) };
    return { path: post.response, body: serialize(await receiver.handler(JSON.parse(body), modernContext(headers))) };
  } catch (error) {
    await eventLoopTurn();
    logError('Invoke Error', error);
    return errorAnswer(post.error, error);
  } finally {
    onLoopEmpty = undefined;
  }
}

const eventLoopTurn = () => new Promise((resolve) => { setImmediate(resolve); });

function beginInvoke(headers) {
  requestId = headers['lambda-runtime-aws-request-id'];
  globalThis[Symbol.for('aws.lambda.runtime.requestId')] = requestId;
  const trace = headers['lambda-runtime-trace-id'];
  if (trace) env._X_AMZN_TRACE_ID = trace;
  else delete env._X_AMZN_TRACE_ID;
  if (modern && hasGlobal)
    globalThis.awslambda?.InvokeStore?.run({
      [InvokeStore.PROTECTED_KEYS.REQUEST_ID]: requestId,
      [InvokeStore.PROTECTED_KEYS.X_RAY_TRACE_ID]: trace,
      [InvokeStore.PROTECTED_KEYS.TENANT_ID]: headers['lambda-runtime-aws-tenant-id'],
    }, () => {});
  invoke = {};
}

async function serve(handler) {
  // What loading left behind, a rejection that nobody awaits say, belongs to INIT.
  await eventLoopTurn();
  api.ref();
  loading = false;
  receiver.handler = handler;
  const call = modern || handler[kStreaming] ? callAsync : callWithCallback;
  while (true) {
    const { headers, body } = await api.next();
    beginInvoke(headers);
    const post = { response: `invocation/${requestId}/response`, error: `invocation/${requestId}/error` };
    // While the handler runs our connection keeps nothing alive: the event loop shall run dry.
    api.unref();
    const outcome = await call(handler, body, headers, post);
    api.ref();
    // What comes up with the answer, a rejection that nobody awaits say, belongs to this invoke and not to the next.
    await eventLoopTurn();
    invoke.posted = true;
    await api.post(outcome);
    invoke = null;
    if (exitStatus !== undefined) process.exit(exitStatus);
  }
}

// ---- Beginning and end of the process

const api = new RuntimeApi();
let loading = true;
let exitStatus; // when the answer under way has arrived

/** Ends the process, after `answer` if there is one. */
function endWith(answer, status) {
  if (answer) {
    if (invoke) invoke.posted = true;
    api.postNow(answer);
  }
  process.exit(status);
}

/** What nobody caught, up to nodejs22.x: the invoke fails with it, unless it has its answer; this process is not trusted any further. */
function fatal(title, error, status) {
  logError(title, error);
  if (loading) endWith(errorAnswer('init/error', error), status);
  else if (!invoke) endWith(null, status); // late: the invoke it belongs to is over, and the next shall not pay for it
  else if (invoke.posted) exitStatus = status;
  else endWith(invoke.outcome ?? errorAnswer(`invocation/${requestId}/error`, error), status);
}

function watchForErrors() {
  process.on('uncaughtException', (error) => fatal('Uncaught Exception', error, 129));
  process.on('unhandledRejection', (reason, promise) => fatal('Unhandled Promise Rejection',
    new RuntimeError('UnhandledPromiseRejection', reason, { reason, promise }), 128));
  process.on('beforeExit', loopIsEmpty);
  // An answer that was given counts, even if the next line is process.exit().
  process.on('exit', () => { if (invoke?.outcome && !invoke.posted) api.postNow(invoke.outcome); });
}

async function start() {
  await api.open();
  api.unref();
  patchConsole();
  setGlobal();
  if (!modern) watchForErrors();
  let handler;
  try {
    handler = await loadHandler(env.LAMBDA_TASK_ROOT, env._HANDLER);
  } catch (error) {
    if (!modern) return fatal('Uncaught Exception', error, 129);
    logError('Init Error', error);
    api.postNow(errorAnswer('init/error', error));
    throw error;
  }
  serve(handler);
}

const started = start();
// While a module awaits what never comes the event loop runs dry, and node ends with status 13.
if (!modern) await started;
