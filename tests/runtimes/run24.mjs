// AWS's client for nodejs24.x runs by itself.
import './native.cjs';
import './4/index.mjs';
