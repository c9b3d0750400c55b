// The log: console's methods write "TIME\tREQUEST ID\tLEVEL\ttext", one event each whatever line ends they hold.
import fs from 'node:fs';
import { current, env, modern, require } from './settings.mjs';

const telemetry = Number(env._LAMBDA_TELEMETRY_LOG_FD ?? -1);
delete env._LAMBDA_TELEMETRY_LOG_FD;

function writeAll(fd, bytes) {
  for (let at = 0; at < bytes.length;) {
    try {
      at += fs.writeSync(fd, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

export function writeLog(level, text) {
  const line = `${new Date().toISOString()}\t${current.requestId ?? (modern ? '-' : 'undefined')}\t${level}\t${text}\n`;
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
export function patchConsole() {
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
