// Runs a Node.js function: asks the Runtime API for invocations and calls the handler.
//
// Stands for AWS's Node.js runtimes, and behaves as the one does whose name the function has: up to nodejs22.x
// handlers may use callbacks, and what is thrown or rejected behind the handler's back is reported and ends the
// process; from nodejs24.x on handlers are async, and such errors end the process as node itself does it.
// In the sandbox this is /var/runtime/index.mjs, the name that AWS's has, with the other modules beside it.
import { RuntimeError, errorAnswer, logError } from './errors.mjs';
import { loadHandler } from './handler.mjs';
import { callAsync, callWithCallback, receiver } from './invoke.mjs';
import { InvokeStore } from './invoke_store.mjs';
import { patchConsole } from './log.mjs';
import { RuntimeApi } from './runtime_api.mjs';
import { current, env, eventLoopTurn, modern } from './settings.mjs';
import { kStreaming, setStreamingGlobal } from './streaming.mjs';

const hasGlobal = !['1', 'true'].includes(env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA);

const api = new RuntimeApi();
let loading = true;
let exitStatus; // when the answer under way has arrived

function setGlobal() {
  setStreamingGlobal();
  if (modern) globalThis.awslambda.InvokeStore = new InvokeStore();
}

function beginInvoke(headers) {
  const requestId = current.requestId = headers['lambda-runtime-aws-request-id'];
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
  current.invoke = {};
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
    const post = { response: `invocation/${current.requestId}/response`, error: `invocation/${current.requestId}/error` };
    // While the handler runs our connection keeps nothing alive: the event loop shall run dry.
    api.unref();
    const outcome = await call(handler, body, headers, post, endWith);
    api.ref();
    // What comes up with the answer, a rejection that nobody awaits say, belongs to this invoke and not to the next.
    await eventLoopTurn();
    current.invoke.posted = true;
    await api.post(outcome);
    current.invoke = null;
    if (exitStatus !== undefined) process.exit(exitStatus);
  }
}

/** Ends the process, after `answer` if there is one. */
function endWith(answer, status) {
  if (answer) {
    if (current.invoke) current.invoke.posted = true;
    api.postNow(answer);
  }
  process.exit(status);
}

/** What nobody caught, up to nodejs22.x: the invoke fails with it, unless it has its answer; this process is not trusted any further. */
function fatal(title, error, status) {
  logError(title, error);
  if (loading) endWith(errorAnswer('init/error', error), status);
  else if (!current.invoke) endWith(null, status); // late: the invoke it belongs to is over, and the next shall not pay for it
  else if (current.invoke.posted) exitStatus = status;
  else endWith(current.invoke.outcome ?? errorAnswer(`invocation/${current.requestId}/error`, error), status);
}

function watchForErrors() {
  process.on('uncaughtException', (error) => fatal('Uncaught Exception', error, 129));
  process.on('unhandledRejection', (reason, promise) => fatal('Unhandled Promise Rejection',
    new RuntimeError('UnhandledPromiseRejection', reason, { reason, promise }), 128));
  process.on('beforeExit', () => current.onLoopEmpty?.());
  // An answer that was given counts, even if the next line is process.exit().
  process.on('exit', () => {
    const { invoke } = current;
    if (invoke?.outcome && !invoke.posted) api.postNow(invoke.outcome);
  });
}

async function start() {
  await api.open();
  api.unref();
  patchConsole();
  if (hasGlobal) setGlobal();
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
