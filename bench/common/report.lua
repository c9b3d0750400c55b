-- Prints one machine-readable line at the end of a wrk run. The scripts load it at their top: wrk calls done() in another
-- environment than init().
function done(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  print(string.format('RESULT {"requests": %d, "failed": %d, "rps": %.1f, "p50": %d, "p99": %d, "p999": %d}',
    summary.requests, failed, summary.requests / (summary.duration / 1e6),
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
