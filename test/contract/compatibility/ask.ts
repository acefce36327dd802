import type { Ask, Json } from '../../../scripts/docs/compatibility/deviation.js';
import { describeFailure, describeResponse } from '../../unit/check/describe-reply.js';
import { decodeResponse, encodeRequest, headerModes } from '../../unit/check/peer-codec.js';
import type { RawClient } from '../server/grpc-client.js';

/** The answer to a request, in one line. */
export function answerTo(client: RawClient, ask: Ask): Promise<string> {
  const bytes =
    ask.bytes === undefined ? encodeRequest({ attributes: attributesOf(ask) }) : Buffer.from(ask.bytes, 'hex');
  return answerToBytes(client, bytes, ask.shows);
}

export async function answerToBytes(client: RawClient, request: Uint8Array, shows?: string): Promise<string> {
  const reply = await client.call(Buffer.from(request)).reply;
  if (!('bytes' in reply)) return describeFailure(reply.code);
  if (shows === 'header modes') return headerModes(reply.bytes).join('; ');
  return describeResponse(decodeResponse(reply.bytes), shows);
}

function attributesOf({ http, attributes, decision, rule }: Ask): Json {
  const extensions = { ...(decision !== undefined && { decision }), ...(rule !== undefined && { rule }) };
  const asksForDecision = Object.keys(extensions).length > 0;
  const request = http ?? (asksForDecision ? { method: 'GET', path: '/' } : undefined);
  return {
    ...(request !== undefined && { request: { http: request } }),
    ...attributes,
    ...(asksForDecision && { contextExtensions: extensions }),
  };
}
