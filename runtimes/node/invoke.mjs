// One invoke: the handler's context, its call, and what its answer or error comes to.
import { RuntimeError, errorAnswer, logError } from './errors.mjs';
import { isAsyncFunction } from './handler.mjs';
import { current, env, eventLoopTurn, modern } from './settings.mjs';
import { callStreaming, kStreaming } from './streaming.mjs';

/** Header values arrive as bytes; AWS's JSON in them is UTF-8. */
function headerJson(text, name) {
  if (!text) return undefined;
  try {
    return JSON.parse(Buffer.from(text, 'latin1').toString('utf8'));
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${error}`);
  }
}

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

const streamingContext = (headers) =>
  (modern ? modernContext(headers) : { callbackWaitsForEmptyEventLoop: true, ...invokeData(headers) });

function modernContext(headers) {
  const { functionVersion, functionName, ...environment } = environmentData();
  return { ...headerData(headers), functionName, functionVersion, ...environment };
}

export const receiver = { handler: null }; // handlers are called as its method: they find an object as `this`, as on AWS

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

/** Up to nodejs22.x. The outcome is an answer for RuntimeApi.post. `endProcess` is given one, and an exit status. */
export function callWithCallback(handler, body, headers, post, endProcess) {
  let resolve;
  const outcome = new Promise((r) => { resolve = r; });
  let waits = true;
  let finished = false;
  let settled = false;
  const settle = (answer) => {
    settled = true;
    current.onLoopEmpty = undefined;
    current.invoke.outcome = answer;
    resolve(answer);
  };
  const fail = (error) => {
    current.onLoopEmpty = undefined;
    logError('Invoke Error', error);
    settle(errorAnswer(post.error, error));
  };
  const complete = (result) => {
    current.onLoopEmpty = undefined;
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
    current.onLoopEmpty = undefined;
    if (isGiven(error)) fail(error);
    else if (!waits) complete(result);
    else current.onLoopEmpty = () => setImmediate(() => complete(result));
  });
  const context = {
    get callbackWaitsForEmptyEventLoop() { return waits; },
    set callbackWaitsForEmptyEventLoop(value) { waits = value; },
    succeed: once((result) => complete(result)),
    fail: once((error) => fail(isGiven(error) ? error : 'handled')),
    done: once((error, result) => { isGiven(error) ? fail(error) : complete(result); }),
  };
  // Nothing is left that could still bring an answer.
  current.onLoopEmpty = () => {
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
      endProcess(errorAnswer(post.error, other), 129);
    }
  }
  return outcome;
}

const invokeData = (headers) => Object.assign(environmentData(), headerData(headers));

/** A streaming handler, or any from nodejs24.x on. */
export async function callAsync(handler, body, headers, post) {
  try {
    if (handler[kStreaming]) {
      const event = JSON.parse(body);
      return { path: post.response, ...await callStreaming(receiver, event, () => streamingContext(headers)) };
    }
    return { path: post.response, body: serialize(await receiver.handler(JSON.parse(body), modernContext(headers))) };
  } catch (error) {
    await eventLoopTurn();
    logError('Invoke Error', error);
    return errorAnswer(post.error, error);
  } finally {
    current.onLoopEmpty = undefined;
  }
}
