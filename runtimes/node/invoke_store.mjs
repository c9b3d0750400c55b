/** What of the running invoke libraries ask for, loggers and tracers; their own members too. */
export class InvokeStore {
  static PROTECTED_KEYS = {
    REQUEST_ID: Symbol.for('_AWS_LAMBDA_REQUEST_ID'),
    X_RAY_TRACE_ID: Symbol.for('_AWS_LAMBDA_X_RAY_TRACE_ID'),
    TENANT_ID: Symbol.for('_AWS_LAMBDA_TENANT_ID'),
  };
  #context;
  isProtectedKey(key) { return Object.values(InvokeStore.PROTECTED_KEYS).includes(key); }
  getContext() { return this.#context; }
  hasContext() { return this.#context !== undefined; }
  get(key) { return this.#context?.[key]; }
  set(key, value) {
    if (this.isProtectedKey(key)) throw new Error(`Cannot modify protected Lambda context field: ${String(key)}`);
    this.#context = { ...this.#context, [key]: value };
  }
  getRequestId() { return this.get(InvokeStore.PROTECTED_KEYS.REQUEST_ID) ?? '-'; }
  getXRayTraceId() { return this.get(InvokeStore.PROTECTED_KEYS.X_RAY_TRACE_ID); }
  getTenantId() { return this.get(InvokeStore.PROTECTED_KEYS.TENANT_ID); }
  run(context, work) {
    this.#context = context;
    return work();
  }
}
