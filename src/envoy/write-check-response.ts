import type { AllowAnswer, DenyAnswer } from './answer.js';
import { encodeCheckResponse } from './encode-check-response.js';

/**
 * The answers that most checks end with, allow without a change and 403 without a word, differ
 * only in their decision id: they are encoded once, with room for an id of 36 characters at the end.
 */
const idLength = 36;
const metadata = { decision_id: '0'.repeat(idLength) };
const plainAllow: AllowAnswer = {
  kind: 'allow',
  headers: [],
  headersToRemove: [],
  responseHeaders: [],
  queryToSet: [],
  queryToRemove: [],
  metadata,
};
const plainDeny: DenyAnswer = { kind: 'deny', status: 403, headers: [], body: '', metadata };

const allow = encodeCheckResponse(plainAllow);
const bareAllow = encodeCheckResponse({ ...plainAllow, bare: true });
const deny = encodeCheckResponse(plainDeny);
const bareDeny = encodeCheckResponse({ ...plainDeny, bare: true });

/**
 * The encoded `envoy.service.auth.v3.CheckResponse` of an answer. Names, values and the HTTP
 * status are written as given: what Envoy would refuse must have been kept out before.
 */
export function writeCheckResponse(answer: AllowAnswer | DenyAnswer): Buffer {
  const id = onlyDecisionId(answer);
  const template = id === undefined ? undefined : prebuilt(answer);
  return id === undefined || template === undefined ? encodeCheckResponse(answer) : withId(template, id);
}

function onlyDecisionId(answer: AllowAnswer | DenyAnswer): string | undefined {
  const id = answer.metadata['decision_id'];
  if (typeof id !== 'string' || id.length !== idLength || Buffer.byteLength(id) !== idLength) return undefined;
  return Object.keys(answer.metadata).length === 1 ? id : undefined;
}

function prebuilt(answer: AllowAnswer | DenyAnswer): Buffer | undefined {
  if (answer.kind === 'allow') return prebuiltAllow(answer);
  if (answer.statusMessage !== undefined) return undefined;
  if (answer.bare) return bareDeny;
  return answer.status === 403 && answer.headers.length === 0 && answer.body === '' ? deny : undefined;
}

function prebuiltAllow(answer: AllowAnswer): Buffer | undefined {
  if (answer.bare) return bareAllow;
  const changes =
    answer.headers.length +
    answer.headersToRemove.length +
    answer.responseHeaders.length +
    answer.queryToSet.length +
    answer.queryToRemove.length;
  return changes === 0 ? allow : undefined;
}

function withId(template: Buffer, id: string): Buffer {
  const response = Buffer.allocUnsafe(template.length);
  template.copy(response);
  response.write(id, template.length - idLength, 'latin1');
  return response;
}
