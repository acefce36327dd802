import type { Echo } from '../../../../examples/backend/echo.js';
import { sendRaw } from '../../../support/http.js';
import { newMark, type SeenDocument, type SeenStack } from '../../matrix/support/seen-input.js';

/** An HTTP/1.1 request to be written as it stands; one character is one byte. */
export interface RawRequest {
  readonly method?: string;
  readonly target?: string;
  /** Without it, `gateway.example`. */
  readonly host?: string;
  /** Lines without their ends. */
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** What became of a request. */
export type Outcome = Passed | { readonly refusedBy: 'Envoy' | 'Portcullis'; readonly status: number };

export interface Passed {
  readonly refusedBy: undefined;
  readonly status: number;
  readonly input: SeenDocument;
  readonly echo: Echo;
}

const refusal = 'the request is malformed or ambiguous';

/** Writes the request to Envoy and gathers what became of it. A `content-length` is added for a body without framing. */
export async function ask(stack: SeenStack, request: RawRequest): Promise<Outcome> {
  const mark = newMark();
  const { status, body } = await sendRaw(stack.url, bytesOf(request, mark));
  if (status !== 200) return { refusedBy: body === refusal ? 'Portcullis' : 'Envoy', status };
  const { input } = await stack.seen(mark);
  const echo = JSON.parse(Buffer.from(body, 'latin1').toString('utf8')) as Echo;
  return { refusedBy: undefined, status, input, echo };
}

/** Fails unless the request was let through. */
export async function askPassed(stack: SeenStack, request: RawRequest): Promise<Passed> {
  const outcome = await ask(stack, request);
  if (outcome.refusedBy !== undefined) throw new Error(`refused by ${outcome.refusedBy} with ${outcome.status}`);
  return outcome;
}

function bytesOf(request: RawRequest, mark: string): string {
  const { body = '', headers = [], host = 'gateway.example', target = '/' } = request;
  const framed = body === '' || headers.some((line) => /^(?:content-length|transfer-encoding) *:/i.test(line));
  const lines = [
    `${request.method ?? (body === '' ? 'GET' : 'POST')} ${target} HTTP/1.1`,
    `host: ${host}`,
    `x-mark: ${mark}`,
    'x-echo: 1',
    ...(headers.some((line) => line.startsWith('connection:')) ? [] : ['connection: close']),
    ...headers,
    ...(framed ? [] : [`content-length: ${body.length}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
