// What /var/runtime/bootstrap of AWS does with its client for nodejs16.x to nodejs22.x.
import './native.cjs';
import { run } from './3/index.mjs';

await run(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
