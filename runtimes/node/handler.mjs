// Finds the function's handler: _HANDLER names a module and what it exports.
import fs from 'node:fs';
import path from 'node:path';
import { RuntimeError } from './errors.mjs';
import { env, modern, require } from './settings.mjs';
import { kStreaming } from './streaming.mjs';

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

export async function loadHandler(root, handler) {
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

export const isAsyncFunction = (handler) => handler.constructor?.name === 'AsyncFunction';
