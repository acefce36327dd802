import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import type { Echo } from '../../../../examples/backend/echo.js';
import { eventually } from '../../../support/eventually.js';
import type { HttpRequest, HttpResponse } from '../../../support/http.js';
import { printLogsOnFailure } from '../../../support/process.js';
import { type Stack, type StackOptions, startStack } from '../../../support/stack.js';
import { type Gateway, gatewayOf } from './gateway.js';

export interface SeenInputOptions extends Pick<StackOptions, 'config' | 'env'> {
  readonly engine?: StackOptions['engine'];
  readonly transport?: StackOptions['transport'];
  /** Another Envoy than the pinned one. */
  readonly program?: string;
  /** Makes a variant of `envoy/gateway.yaml`. */
  readonly change?: (gateway: Gateway) => void;
  /** Rego expression over `input`; a request is let through when it is true. Default: every request. */
  readonly allow?: string;
  /** Rego expression for further members of the decision, such as `{"http_status": 418}`. */
  readonly decision?: string;
  /** The input shape that the policy is asked with. */
  readonly shape?: 'envoy' | 'http-api';
}

/** The document the policy saw; reading an absent member gives undefined, at any depth that exists. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads members of a document that has no static form.
export type SeenDocument = any;

export interface Seen {
  readonly response: HttpResponse;
  /** Undefined when no policy was asked. */
  readonly input: SeenDocument;
  /** Undefined when the request did not reach the backend. */
  readonly echo: Echo | undefined;
  /** Envoy's access log entry: `status`, `flags`, `details`, `protocol`, … */
  readonly log: Readonly<Record<string, unknown>>;
}

export interface SeenStack extends Stack {
  /** Sends a request and gathers what client, policy, backend and access log got. */
  ask(path: string, request?: HttpRequest): Promise<Seen>;
  /** For a request that the test sends itself, with the header `x-mark: <mark>`. */
  seen(mark: string): Promise<Omit<Seen, 'response' | 'echo'>>;
  /** ext_authz counters of Envoy: how many checks ended as `ok`, `denied` and `error` so far. */
  checks(): Promise<{ ok: number; denied: number; error: number }>;
}

/** A value of `x-mark` that nobody used before. */
export function newMark(): string {
  return randomUUID();
}

/** Starts {@link startSeenInput} for all tests of the file or `describe` that it is called in. */
export function useSeenInput(options: SeenInputOptions = {}): () => SeenStack {
  let stack: SeenStack | undefined;
  beforeAll(async () => {
    stack = await startSeenInput(options);
  });
  afterAll(() => stack?.stop());
  printLogsOnFailure();
  return () => {
    if (stack === undefined) throw new Error('the stack has not started');
    return stack;
  };
}

/**
 * A stack whose policy answers with its own input: the decision carries it as dynamic metadata, which Envoy writes
 * to its access log beside the header `x-mark`, whether the request is let through or not. The input may have up
 * to 60 KiB as JSON.
 */
export async function startSeenInput(options: SeenInputOptions = {}): Promise<SeenStack> {
  const { change, config, engine = 'wasm', env = {}, program, shape = 'envoy', transport = 'tcp' } = options;
  const paths = [{ path: 'seen/decision', shape }];
  const stack = await startStack({
    engine,
    transport,
    env,
    policy: { rego: policy(options), entrypoints: ['seen/decision'] },
    config: { identity: {}, ...config, engine: { ...(config?.['engine'] as object | undefined), paths } },
    envoy: {
      change: (copy) => {
        const gateway = gatewayOf(copy);
        logInput(gateway);
        change?.(gateway);
      },
      ...(program !== undefined && { program }),
    },
  });
  return {
    ...stack,
    ask: (path, request = {}) => ask(stack, path, request),
    seen: (mark) => seen(stack, mark),
    checks: () => checks(stack),
  };
}

function policy({ allow = 'true', decision = '{}' }: SeenInputOptions): string {
  return `package seen

default allowed := false

allowed if ${allow}

decision := object.union({"allowed": allowed, "dynamic_metadata": {"input": json.marshal(input)}}, ${decision})
`;
}

function logInput({ connectionManager }: Gateway): void {
  for (const { typed_config } of connectionManager.access_log) {
    const format = typed_config.log_format.json_format;
    format['mark'] = '%REQ(X-MARK)%';
    format['input'] = '%DYNAMIC_METADATA(envoy.filters.http.ext_authz:input)%';
  }
}

async function ask(stack: Stack, path: string, request: HttpRequest): Promise<Seen> {
  const mark = newMark();
  const given = request.headers ?? {};
  const pairs = (Array.isArray(given) ? given : Object.entries(given)) as readonly (readonly [string, string])[];
  const response = await stack.send(path, { ...request, headers: [...pairs, ['x-mark', mark], ['x-echo', '1']] });
  return { response, echo: echoOf(response), ...(await seen(stack, mark)) };
}

function echoOf({ status, body, json }: HttpResponse): Echo | undefined {
  if (status !== 200 || !body.startsWith('{')) return undefined;
  return json() as Echo;
}

async function seen(stack: Stack, mark: string): Promise<Omit<Seen, 'response' | 'echo'>> {
  const log = await eventually(() => {
    const line = stack.envoy.accessLog().find((entry) => entry['mark'] === mark);
    if (line === undefined) throw new Error(`no access log entry with the mark ${mark}`);
    return line;
  });
  const text = log['input'];
  return { log, input: typeof text === 'string' ? JSON.parse(text) : undefined };
}

async function checks({ envoy }: Stack): Promise<{ ok: number; denied: number; error: number }> {
  const prefix = 'http.gateway.ext_authz.gateway.';
  const stats = await envoy.stats(/^http\.gateway\.ext_authz\.gateway\.(ok|denied|error)$/);
  const count = (name: string) => stats[`${prefix}${name}`] ?? 0;
  return { ok: count('ok'), denied: count('denied'), error: count('error') };
}
