// The Runtime API: one connection, one request at a time.
// A few lines on node:net, because node:http would cost every cold start some milliseconds and every invoke some ten
// microseconds.
import { connect } from 'node:net';
import fs from 'node:fs';
import { env } from './settings.mjs';

const [apiHost, apiPort] = env.AWS_LAMBDA_RUNTIME_API.split(':');

const headerText = (text) => String(text).replace(/[^\x20-\x7e]/g, '?').slice(0, 1024);

function postRequest({ path: target, body, type = 'application/json', errorType }) {
  const bytes = Buffer.from(body);
  const head = Buffer.from(
    `POST /2018-06-01/runtime/${target} HTTP/1.1\r\nHost: ${env.AWS_LAMBDA_RUNTIME_API}\r\n` +
    `Content-Type: ${headerText(type)}\r\nContent-Length: ${bytes.length}\r\n` +
    (errorType ? `Lambda-Runtime-Function-Error-Type: ${headerText(errorType)}\r\n` : '') + '\r\n');
  return { head, bytes };
}

export class RuntimeApi {
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
