// How errors are told: to the Runtime API, and in the log.
import { writeLog } from './log.mjs';
import { modern, require } from './settings.mjs';

/** The runtime's own errors: AWS's type as their name. */
export class RuntimeError extends Error {
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
export function logError(title, error) {
  const real = error instanceof Error ? error : new Error(modern ? String(error) : error);
  let text;
  try {
    text = JSON.stringify(real, showError);
  } catch {
    text = JSON.stringify(errorObject(real));
  }
  writeLog('ERROR', `${title} \t${text}`);
}

export const errorAnswer = (target, error) => {
  const object = errorObject(error);
  return { path: target, body: JSON.stringify(object), errorType: object.errorType };
};
