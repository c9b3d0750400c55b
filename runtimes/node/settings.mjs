// What the whole process goes by: read once, before the function's code runs.
import { createRequire } from 'node:module';

export const { env } = process;

/** nodejs24.x and later: AWS wrote these runtimes anew. */
export const modern = Number(/_nodejs(\d+)\.x$/.exec(env.AWS_EXECUTION_ENV)?.[1]) >= 24;

/** As the main module requires: its name shows in the errors of modules that are missing. */
export const require = createRequire(new URL('index.mjs', import.meta.url));

/** What runs now. */
export const current = {
  requestId: undefined, // of the running invoke, or of the last one
  invoke: null, // {outcome, posted}: once there is one, once it was handed over. null before the first and between two
  onLoopEmpty: undefined, // what a running invoke wants when the event loop has run dry
};

export const eventLoopTurn = () => new Promise((resolve) => { setImmediate(resolve); });
