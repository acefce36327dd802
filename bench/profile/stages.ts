/** The stages of a check, by what stands in a frame's URL or name; the first that fits. */
const rules: readonly { readonly stage: string; readonly url?: RegExp; readonly name?: RegExp }[] = [
  { stage: 'idle', name: /^\(idle\)$/ },
  { stage: 'garbage collection', name: /^\(garbage collector\)$/ },
  { stage: 'native, not JavaScript', name: /^\(program\)$/ },
  { stage: 'policy in WebAssembly', url: /^wasm:/ },
  { stage: 'policy in WebAssembly', name: /^(wasm-function|js-to-wasm|wasm-to-js)/ },
  { stage: 'asking OPA', url: /\/dist\/engine\/opa\/|\/undici\// },
  { stage: 'decision cache', url: /\/dist\/engine\/cached\// },
  { stage: 'engine around the policy', url: /\/dist\/engine\// },
  { stage: 'read request', url: /\/dist\/envoy\/(read-|wire-reader|message-fields|attributes)/ },
  { stage: 'write response', url: /\/dist\/envoy\// },
  { stage: 'identity', url: /\/dist\/identity\// },
  { stage: 'encode input as JSON', url: /\/dist\/(json\/encode|check\/input\/input-document)/ },
  { stage: 'read result JSON', url: /\/dist\/json\// },
  { stage: 'build input', url: /\/dist\/check\/(input|body|grpc-body|certificate)\// },
  { stage: 'metrics, log, observe', url: /\/dist\/(telemetry|decision-log|check\/observe)|\/prom-client\/|\/pino\// },
  { stage: 'decision', url: /\/dist\/check\/(decision\/|answer\/|verdict)/ },
  { stage: 'decision id', name: /^randomUUID$/ },
  { stage: 'way of the check', url: /\/dist\/(check|server|cli)\// },
  { stage: 'grpc-js', url: /\/@grpc\/grpc-js\// },
  {
    stage: 'http2 and sockets in Node',
    url: /^node:(internal\/(http2|stream_base|streams|timers|js_stream|async_hooks|process\/task)|net|stream|_stream|http2|events)/,
  },
];

export function stageOf(functionName: string, url: string): string | undefined {
  return rules.find((rule) => (rule.url?.test(url) ?? true) && (rule.name?.test(functionName) ?? true))?.stage;
}
