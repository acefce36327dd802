import { fail, ok, type Result } from '../../errors/result.js';
import type { JsonObject, JsonValue } from '../../json/json.js';
import { parseJson } from '../../json/parse.js';
import type { Evaluation } from '../engine.js';
import { failed } from '../failed.js';
import type { HttpAnswer } from './http-exchange.js';

/** What OPA's answer to a query means. */
export function readAnswer({ status, body }: HttpAnswer): Evaluation {
  const document = readDocument(body);
  if (status !== 200) return readFailure(status, document.ok ? document.value : undefined);
  if (!document.ok) return failed('engine_unreachable', `OPA answered 200 with a body that ${document.error}`);
  const revision = readRevision(document.value['provenance']);
  const result = document.value['result'];
  return result === undefined ? { kind: 'undefined', revision } : { kind: 'result', result, revision };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function readDocument(body: Buffer): Result<JsonObject> {
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    return fail('is not UTF-8');
  }
  const parsed = parseJson(text);
  if (!parsed.ok) return fail(`is not JSON: ${parsed.error}`);
  return isObject(parsed.value) ? ok(parsed.value) : fail('is not a JSON object');
}

/**
 * OPA answers 500 both when a policy fails and when the server does; the codes of `errors` tell
 * which. A cancelled evaluation is OPA's own doing (shutdown), not the policy's. With 400 it refuses the
 * input: a number such as `1e99999` or deep nesting, which a client can send at will, so it must not
 * pass for an outage, which `failure_mode_allow` turns into an allow.
 */
function readFailure(status: number, document: JsonObject | undefined): Evaluation {
  if (status === 400 && document?.['code'] === 'invalid_parameter') {
    return failed('policy_error', `OPA cannot read the input: ${describe(document)}`);
  }
  const errors = document?.['errors'];
  const ofPolicy = status === 500 && Array.isArray(errors) ? errors.find(isPolicyError) : undefined;
  if (ofPolicy === undefined) return failed('engine_unreachable', `OPA answered with status ${status}`);
  return failed('policy_error', describe(ofPolicy));
}

function isPolicyError(error: JsonValue): error is JsonObject {
  if (!isObject(error)) return false;
  const code = error['code'];
  return typeof code === 'string' && /^(?:eval|rego)_/.test(code) && code !== 'eval_cancel_error';
}

/** The lines after the first name the values in conflict, which may be secrets of the request: not for the log. */
function describe({ code, location, message }: JsonObject): string {
  const what = typeof message === 'string' ? message.split('\n', 1)[0]?.replace(/:$/, '') : undefined;
  const where = isObject(location) ? ` (${String(location['file'])}:${String(location['row'])})` : '';
  return `${String(code)}: ${what ?? 'no message'}${where}`;
}

/** One bundle: its revision. Several: `name=revision` of each, since any of them may have decided. */
function readRevision(provenance: JsonValue | undefined): string | undefined {
  if (!isObject(provenance)) return undefined;
  const { revision, bundles } = provenance;
  if (!isObject(bundles)) return typeof revision === 'string' && revision !== '' ? revision : undefined;
  return joinRevisions(
    Object.entries(bundles).map(([name, bundle]) => [name, isObject(bundle) ? bundle['revision'] : undefined]),
  );
}

/**
 * What is known of one bundle must not be believed of several, even if the others have no revision.
 *
 * @param bundles the name of each bundle and its revision
 */
export function joinRevisions(bundles: readonly (readonly [string, JsonValue | undefined])[]): string | undefined {
  const revisions = bundles.flatMap(([name, of]) => (typeof of === 'string' && of !== '' ? [{ name, of }] : []));
  if (revisions.length === 0) return undefined;
  if (bundles.length === 1) return revisions[0]?.of;
  return revisions
    .map(({ name, of }) => `${name}=${of}`)
    .sort()
    .join(',');
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
