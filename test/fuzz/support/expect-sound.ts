import assert from 'node:assert/strict';
import { checkResponse } from '../../unit/envoy/proto-types.js';

/** A CheckResponse as protobufjs reads it, in plain objects. */
// biome-ignore lint/suspicious/noExplicitAny: a decoded message has no static form.
type Response = any;

/** Whether the response lets the request through. Throws when it could break or mislead Envoy. */
export function expectSound(bytes: Uint8Array, protectedHeaders: readonly string[]): 'allow' | 'deny' {
  const message = checkResponse.decode(bytes);
  // Without a status Envoy lets the request through, whatever else the response says.
  assert(Object.hasOwn(message, 'status'), 'a status');
  const response: Response = checkResponse.toObject(message, { longs: Number });
  const allowed = (response.status.code ?? 0) === 0;
  assert.equal(allowed ? response.denied_response : response.ok_response, undefined);
  if (allowed) expectSoundAllow(response.ok_response, protectedHeaders);
  else expectSoundDenial(response.denied_response);
  return allowed ? 'allow' : 'deny';
}

function expectSoundAllow(ok: Response, protectedHeaders: readonly string[]): void {
  // A bare answer can remove nothing, so that there must be nothing to protect.
  if (ok === undefined) {
    assert.deepEqual(protectedHeaders, []);
    return;
  }
  const set: string[] = (ok.headers ?? []).map(({ header }: Response) => header.key);
  const removed: string[] = ok.headers_to_remove ?? [];
  for (const name of removed) assert(!set.includes(name), `${name} is set and removed`);
  for (const name of protectedHeaders) assert([...set, ...removed].includes(name), `${name} is protected`);
  for (const { append, append_action: action } of ok.headers ?? []) {
    // Both, so that no release of Envoy lets the client's own value stand.
    assert(append !== undefined && !append.value && action === 2, 'an explicit overwrite');
  }
  expectHeaders(ok.headers);
  expectHeaders(ok.response_headers_to_add);
  for (const name of removed) assert.match(name, token);
  const query: string[] = (ok.query_parameters_to_set ?? []).flatMap(({ key, value = '' }: Response) => [key, value]);
  for (const text of query) assert.match(text, /^[A-Za-z0-9%_.!~*'()-]*$/);
}

function expectSoundDenial(denied: Response): void {
  if (denied === undefined) return;
  const status: number = denied.status?.code ?? 0;
  assert(status >= 200 && status < 600, `status ${status}`);
  expectHeaders(denied.headers);
}

const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const framing = ['host', 'connection', 'content-length', 'transfer-encoding', 'upgrade', 'te'];

function expectHeaders(options: Response[] = []): void {
  for (const { header } of options) {
    assert.match(header.key, token);
    assert(!framing.includes(header.key), header.key);
    const controls = [...(header.value ?? '')].filter((each) => each !== '\t' && (each < ' ' || each === '\x7f'));
    assert.deepEqual(controls, []);
  }
}
