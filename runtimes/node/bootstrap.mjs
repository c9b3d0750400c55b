// Runs a Node.js function: asks the Runtime API for invocations and calls the handler.
//
// Stands for AWS's Node.js runtimes: same handler contract (async and callback), context object, console
// format and error objects. The HTTP side is a few lines on node:net, because node:http would cost every
// cold start some milliseconds and every invoke some ten microseconds.
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import fs from 'node:fs';

const { env } = process;
const [apiHost, apiPort] = env.AWS_LAMBDA_RUNTIME_API.split(':');
const telemetry = Number(env._LAMBDA_TELEMETRY_LOG_FD ?? -1);
delete env._LAMBDA_TELEMETRY_LOG_FD;

let requestId; // of the running invoke

// ---- The Runtime API: one connection, one request at a time.

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

  post(path, body, errorType) {
    const bytes = Buffer.from(body);
    const head = `POST /2018-06-01/runtime/${path} HTTP/1.1\r\nHost: ${env.AWS_LAMBDA_RUNTIME_API}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${bytes.length}\r\n` +
      (errorType ? `Lambda-Runtime-Function-Error-Type: ${headerText(errorType)}\r\n` : '') + '\r\n';
    if (bytes.length < 65536) this.#socket.write(Buffer.concat([Buffer.from(head), bytes]));
    else { this.#socket.write(head); this.#socket.write(bytes); }
    return this.#response();
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
const headerJson = (text) => (text ? JSON.parse(Buffer.from(text, 'latin1').toString('utf8')) : undefined);

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
  const line = `${new Date().toISOString()}\t${requestId ?? 'undefined'}\t${level}\t${text}`;
  if (telemetry < 0) {
    writeAll(1, Buffer.from(line.replace(/\n/g, '\r') + '\n'));
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
  const require = createRequire(import.meta.url);
  const log = (level) => (...values) => {
    if (values.length === 1 && typeof values[0] === 'string') return writeLog(level, values[0]);
    formatText ??= require('node:util').format;
    return writeLog(level, formatText(...values));
  };
  Object.assign(console, {
    log: log('INFO'), info: log('INFO'), debug: log('DEBUG'),
    warn: log('WARN'), error: log('ERROR'), trace: log('TRACE'),
  });
}

// ---- Errors

const isError = (value) => value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';

function errorObject(error) {
  if (!isError(error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return {
    errorType: String(error.name ?? 'Error').replaceAll('\x7f', '%7F'),
    errorMessage: String(error.message ?? ''),
    trace: String(error.stack ?? '').replaceAll('\x7f', '%7F').split('\n'),
  };
}

/** As AWS prints it: all own members of the error, the stack as lines. */
function logError(title, error) {
  const base = errorObject(error);
  const shown = { errorType: base.errorType, errorMessage: base.errorMessage };
  for (const [key, value] of isError(error) ? Object.entries(error) : [])
    if (key !== 'name' && key !== 'message') shown[key] = value;
  shown.stack = base.trace;
  let text;
  try {
    text = JSON.stringify(shown);
  } catch {
    text = JSON.stringify({ ...base, stack: base.trace });
  }
  writeLog('ERROR', `${title}\t${text}`);
}

class RuntimeError extends Error {
  constructor(type, message, stack) {
    super(message);
    this.name = type;
    if (stack) this.stack = stack.replace(/^[^\n]*/, `${type}: ${message}`);
    else this.stack = `${type}: ${message}\n${String(this.stack).split('\n').slice(1).join('\n')}`;
  }
}

// ---- Loading the handler

const exists = (file) => { try { return fs.statSync(file).isFile(); } catch { return false; } };

async function importModule(root, name) {
  const path = `${root}/${name}`;
  const require = createRequire(`${root}/`);
  // AWS's order: the exact name, .js (as package.json says), .mjs, .cjs, then a package of that name.
  for (const suffix of ['', '.js', '.mjs', '.cjs']) {
    const file = path + suffix;
    if (!exists(file)) continue;
    if (suffix === '.mjs') return import(file);
    if (suffix === '.js' && isModulePackage(file)) return import(file);
    return require(file);
  }
  return require(require.resolve(name, { paths: [root, root] }));
}

/** Whether the nearest package.json says "type": "module". */
function isModulePackage(file) {
  const above = (path) => path.slice(0, path.lastIndexOf('/'));
  for (let folder = above(file); folder !== ''; folder = above(folder)) {
    if (folder.endsWith('/node_modules')) return false;
    try {
      return JSON.parse(fs.readFileSync(`${folder}/package.json`, 'utf8')).type === 'module';
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
  return false;
}

async function loadHandler(root, handler) {
  const slash = handler.lastIndexOf('/') + 1;
  const [file, ...members] = handler.slice(slash).split('.');
  if (handler.includes('..'))
    throw new RuntimeError('Runtime.MalformedHandlerName', `'${handler}' is not a valid handler name. ` +
      'Use absolute paths when specifying root directories in handler names.');
  if (members.length === 0) throw new RuntimeError('Runtime.MalformedHandlerName', 'Bad handler');
  let module;
  try {
    module = await importModule(root, handler.slice(0, slash) + file);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new RuntimeError('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`, error.stack);
    if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND')
      throw new RuntimeError('Runtime.ImportModuleError', `Error: ${error.message}`, error.stack);
    throw error;
  }
  let found = module;
  for (const member of members) found = found?.[member];
  if (found === undefined && module.default) {
    found = module.default;
    for (const member of members) found = found?.[member];
  }
  if (found === undefined) throw new RuntimeError('Runtime.HandlerNotFound', `${handler} is undefined or not exported`);
  if (typeof found !== 'function') throw new RuntimeError('Runtime.HandlerNotFound', `${handler} is not a function`);
  return found;
}

// ---- One invoke

function makeContext(headers, finish) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: headerJson(headers['lambda-runtime-client-context']),
    identity: headerJson(headers['lambda-runtime-cognito-identity']),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
    succeed: (result) => { context.callbackWaitsForEmptyEventLoop = false; finish(null, result, false); },
    fail: (error) => { context.callbackWaitsForEmptyEventLoop = false; finish(error ?? 'handled', undefined, false); },
    done: (error, result) => { context.callbackWaitsForEmptyEventLoop = false; finish(error ?? null, result, false); },
  };
  return context;
}

let onLoopEmpty; // what a running invoke wants when the event loop has run dry
process.on('beforeExit', () => onLoopEmpty?.());

/** Calls the handler; the outcome is {error} or {result}. */
function callHandler(api, handler, event, headers) {
  return new Promise((resolve) => {
    const settle = (outcome) => {
      onLoopEmpty = undefined;
      api.ref();
      resolve(outcome);
    };
    let finished = false;
    const finish = (error, result, wait) => {
      if (finished) return;
      finished = true;
      if (error !== null && error !== undefined) settle({ error });
      else if (wait) onLoopEmpty = () => settle({ result });
      else settle({ result });
    };
    const context = makeContext(headers, finish);
    const callback = (error, result) => finish(error, result, context.callbackWaitsForEmptyEventLoop);
    // While it runs our connection keeps nothing alive. When the event loop runs dry, a promise that is still
    // pending stays so for ever, and this process ends, as on AWS; a callback that never came counts as null.
    api.unref();
    try {
      const answer = handler(event, context, callback);
      if (typeof answer?.then === 'function')
        answer.then((result) => finish(null, result, false),
          (error) => finish(error ?? new Error(String(error)), undefined, false));
      else if (!finished) onLoopEmpty = () => finish(null, null, false);
    } catch (error) {
      finish(error ?? new Error(String(error)), undefined, false);
    }
  });
}

async function serveOne(api, handler) {
  const { headers, body } = await api.next();
  requestId = headers['lambda-runtime-aws-request-id'];
  if (headers['lambda-runtime-trace-id']) env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
  let outcome;
  try {
    outcome = await callHandler(api, handler, JSON.parse(body), headers);
  } catch (error) {
    outcome = { error: new RuntimeError('Runtime.UnmarshalError', `Unable to parse the event: ${error.message}`) };
  }
  let text;
  if (!('error' in outcome)) {
    try {
      text = JSON.stringify(outcome.result === undefined ? null : outcome.result);
    } catch {
      outcome = { error: new RuntimeError('Runtime.MarshalError', 'Unable to stringify response body') };
    }
    text ??= 'null'; // a function or a symbol
  }
  if ('error' in outcome) {
    logError('Invoke Error', outcome.error);
    const object = errorObject(outcome.error);
    await api.post(`invocation/${requestId}/error`, JSON.stringify(object), object.errorType);
  } else {
    await api.post(`invocation/${requestId}/response`, text);
  }
}

async function main() {
  const api = new RuntimeApi();
  await api.open();
  patchConsole();
  let fatal = false;
  const onFatal = (title) => async (error) => {
    if (fatal) return;
    fatal = true;
    logError(title, error);
    const object = errorObject(error);
    // As AWS's runtime: the invoke fails with the error, and this process is not trusted any further.
    const path = requestId === undefined ? 'init/error' : `invocation/${requestId}/error`;
    await new RuntimeApiOnce().post(path, JSON.stringify(object), object.errorType);
    process.exit(128 + 1);
  };
  process.on('uncaughtException', onFatal('Uncaught Exception'));
  process.on('unhandledRejection', (reason, promise) => onFatal('Unhandled Promise Rejection')(Object.assign(
    new RuntimeError('Runtime.UnhandledPromiseRejection', String(reason), reason?.stack), { reason, promise })));

  let handler;
  try {
    handler = await loadHandler(env.LAMBDA_TASK_ROOT, env._HANDLER);
  } catch (error) {
    logError('Uncaught Exception', error);
    const object = errorObject(error);
    await api.post('init/error', JSON.stringify(object), object.errorType);
    process.exit(1);
  }
  while (true) await serveOne(api, handler);
}

/** A connection of its own for the last words; the other may be in the middle of a request. */
class RuntimeApiOnce extends RuntimeApi {
  async post(...words) {
    await this.open();
    return super.post(...words);
  }
}

main();
