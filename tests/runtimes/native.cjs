// Stands for rapid-client.node, the part of aws-lambda-ric that is written in C++: three calls, of which done() and
// error() return when the Runtime API has answered. Imported before the client, whose *.node file becomes this.
'use strict';
const { Module } = require('node:module');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

if (!isMainThread) talk();
const signal = new Int32Array(new SharedArrayBuffer(4));
const worker = isMainThread && new Worker(__filename, { workerData: signal, execArgv: [] });
if (isMainThread) worker.unref();

/** The worker: requests one after another, each over when the main thread has been told. */
function talk() {
  const http = require('node:http');
  const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
  const agent = new http.Agent({ keepAlive: true });
  parentPort.on('message', ({ method, path, body, headers }) => {
    const target = { host, port, method, path: `/2018-06-01/runtime/invocation/${path}`, headers, agent };
    const request = http.request(target, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
        if (method === 'GET') {
          parentPort.postMessage({ headers: answer.headers, bodyJson: Buffer.concat(chunks).toString() });
        } else {
          Atomics.store(workerData, 0, 1);
          Atomics.notify(workerData, 0);
        }
      });
    });
    request.on('error', () => process.exit()).end(body);
  });
}

function post(path, body) {
  Atomics.store(signal, 0, 0);
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  worker.postMessage({ method: 'POST', path, body, headers });
  Atomics.wait(signal, 0, 0, 10000);
}

function needText(...values) {
  if (values.some((value) => typeof value !== 'string')) throw new TypeError('Wrong arguments');
}

const native = {
  next() {
    worker.ref();
    worker.postMessage({ method: 'GET', path: 'next' });
    return new Promise((resolve) => worker.once('message', (answer) => {
      worker.unref();
      resolve(answer);
    }));
  },
  done(id, text) {
    needText(id, text);
    post(`${id}/response`, text);
  },
  error(id, text, xray) {
    needText(id, text, xray);
    post(`${id}/error`, text);
  },
};
Module._extensions['.node'] = (module) => { module.exports = native; };
