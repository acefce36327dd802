import type { AllowAnswer, DenyAnswer, QueryParameter } from './answer.js';
import { lengthTag, varintTag } from './wire-format.js';
import { WireWriter } from './wire-writer.js';
import { writeOverwrite, writeTowardsClient } from './write-header-option.js';
import { writeStruct } from './write-struct.js';

const permissionDenied = 7;

const responseTag = {
  status: lengthTag(1),
  deniedResponse: lengthTag(2),
  okResponse: lengthTag(3),
  dynamicMetadata: lengthTag(4),
} as const;
const statusTag = { code: varintTag(1), message: lengthTag(2) } as const;
const deniedTag = { status: lengthTag(1), headers: lengthTag(2), body: lengthTag(3) } as const;
const httpStatusTag = { code: varintTag(1) } as const;
const okTag = {
  headers: lengthTag(2),
  headersToRemove: lengthTag(5),
  responseHeadersToAdd: lengthTag(6),
  queryParametersToSet: lengthTag(7),
  queryParametersToRemove: lengthTag(8),
} as const;
const queryTag = { key: lengthTag(1), value: lengthTag(2) } as const;

/** Encodes any answer as `envoy.service.auth.v3.CheckResponse`. */
export function encodeCheckResponse(answer: AllowAnswer | DenyAnswer): Buffer {
  const writer = new WireWriter();
  if (answer.kind === 'allow') writeAllow(writer, answer);
  else writeDeny(writer, answer);
  if (Object.keys(answer.metadata).length > 0) writeStruct(writer, responseTag.dynamicMetadata, answer.metadata);
  return writer.finish();
}

function writeAllow(writer: WireWriter, answer: AllowAnswer): void {
  // Code 0 is not written in proto3, but the message around it is: the status is always explicit.
  writer.end(writer.begin(responseTag.status));
  if (answer.bare) return;
  const ok = writer.begin(responseTag.okResponse);
  for (const header of answer.headers) writeOverwrite(writer, okTag.headers, header);
  for (const name of answer.headersToRemove) writer.stringField(okTag.headersToRemove, name);
  for (const header of answer.responseHeaders) writeTowardsClient(writer, okTag.responseHeadersToAdd, header);
  for (const parameter of answer.queryToSet) writeQueryParameter(writer, parameter);
  for (const name of answer.queryToRemove) writer.stringField(okTag.queryParametersToRemove, name);
  writer.end(ok);
}

function writeQueryParameter(writer: WireWriter, parameter: QueryParameter): void {
  const start = writer.begin(okTag.queryParametersToSet);
  writer.stringField(queryTag.key, parameter.name);
  writer.stringField(queryTag.value, parameter.value);
  writer.end(start);
}

function writeDeny(writer: WireWriter, answer: DenyAnswer): void {
  const status = writer.begin(responseTag.status);
  writer.varintField(statusTag.code, permissionDenied);
  if (answer.statusMessage !== undefined) writer.stringField(statusTag.message, answer.statusMessage);
  writer.end(status);
  if (answer.bare) return;
  const denied = writer.begin(responseTag.deniedResponse);
  const http = writer.begin(deniedTag.status);
  writer.varintField(httpStatusTag.code, answer.status);
  writer.end(http);
  for (const header of answer.headers) writeTowardsClient(writer, deniedTag.headers, header);
  if (answer.body !== '') writer.stringField(deniedTag.body, answer.body);
  writer.end(denied);
}
