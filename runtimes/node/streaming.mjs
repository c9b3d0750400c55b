// Streaming handlers: (event, stream, context). The answer is gathered and handed over whole.
import { RuntimeError } from './errors.mjs';
import { current, modern, require } from './settings.mjs';

export const kStreaming = Symbol.for('aws.lambda.runtime.handler.streaming');
const kHighWaterMark = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');

/** globalThis.awslambda, by which handlers are marked. */
export function setStreamingGlobal() {
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

/** The answer of a streaming handler, called as a method of `receiver`: when its promise has settled and its stream has ended. */
export async function callStreaming(receiver, event, makeContext) {
  const failure = (text) => (modern ? new Error(text) : text);
  const stream = makeResponseStream(receiver.handler[kHighWaterMark]);
  const ended = new Promise((resolve, reject) => stream.on('finish', resolve).on('error', reject));
  ended.catch(() => {}); // it is told below
  const unfinished = new Promise((_, reject) => {
    current.onLoopEmpty = () => reject(failure('Response stream is not finished.'));
  });
  unfinished.catch(() => {});
  const promise = receiver.handler(event, stream, makeContext());
  if (typeof promise?.then !== 'function') throw failure('Streaming does not support non-async handlers.');
  const result = await Promise.race([promise, unfinished]);
  if (result !== undefined) console.warn('Streaming handlers ignore return values.');
  await Promise.race([ended, unfinished]);
  return { body: stream.body(), type: stream.contentType };
}
