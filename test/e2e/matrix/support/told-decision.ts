import { afterAll, beforeAll } from 'vitest';
import type { Echo } from '../../../../examples/backend/echo.js';
import { eventually } from '../../../support/eventually.js';
import type { HttpRequest, HttpResponse } from '../../../support/http.js';
import { printLogsOnFailure } from '../../../support/process.js';
import { type Stack, type StackOptions, startStack } from '../../../support/stack.js';
import { type Gateway, gatewayOf, withoutSecondLock } from './gateway.js';
import { newMark } from './seen-input.js';

export interface ToldDecisionOptions extends Pick<StackOptions, 'config'> {
  readonly engine?: StackOptions['engine'];
  /** Makes a variant of `envoy/gateway.yaml`. */
  readonly change?: (gateway: Gateway) => void;
  /** Instead of the example backend: `host:port`. */
  readonly backend?: () => Promise<string>;
  /** Another Envoy than the pinned one. */
  readonly program?: string;
}

export interface Outcome {
  readonly response: HttpResponse;
  /** Undefined when the request did not reach the backend. */
  readonly echo: Echo | undefined;
  /** Envoy's access log entry: `status`, `flags`, `details`, `metadata`, … */
  readonly log: Readonly<Record<string, unknown>>;
}

export interface ToldStack extends Stack {
  /** Sends a request about which the policy decides as it is told here: any JSON value, `undefined` for none. */
  decide(decision: unknown, path?: string, request?: HttpRequest): Promise<Outcome>;
  /** For a request that the test sends itself. */
  headersFor(decision: unknown, mark: string): readonly (readonly [name: string, value: string])[];
  /** The access log entry of the request with this mark. */
  logged(mark: string): Promise<Readonly<Record<string, unknown>>>;
  /** ext_authz counters of Envoy by the end of their name: `ok`, `denied`, `error`, `invalid`, … */
  count(name: string): Promise<number>;
}

/** Starts a stack whose policy answers what the test tells it, for all tests of the file or `describe` it is called in. */
export function useToldDecision(options: ToldDecisionOptions = {}): () => ToldStack {
  let stack: ToldStack | undefined;
  beforeAll(async () => {
    stack = await startToldDecision(options);
  });
  afterAll(() => stack?.stop());
  printLogsOnFailure();
  return () => {
    if (stack === undefined) throw new Error('the stack has not started');
    return stack;
  };
}

// A policy that obeys its client: any decision can be tried without a bundle for each.
const rego = `package told

decision := json.unmarshal(base64.decode(input.attributes.request.http.headers["x-decision"]))
`;

async function startToldDecision(options: ToldDecisionOptions): Promise<ToldStack> {
  const { backend, change, config, engine = 'wasm', program } = options;
  const stack = await startStack({
    engine,
    transport: 'tcp',
    policy: { rego, entrypoints: ['told/decision'] },
    config: { identity: {}, ...config, engine: { paths: [{ path: 'told/decision' }] } },
    envoy: {
      change: (copy) => {
        const gateway = gatewayOf(copy);
        logOutcome(gateway);
        withoutSecondLock(gateway);
        // After the check, so that the backend has room for other headers.
        gateway.virtualHost['request_headers_to_remove'] = ['x-decision'];
        change?.(gateway);
      },
      ...(program !== undefined && { program }),
      ...(backend !== undefined && { clusters: { backend: await backend() } }),
    },
  });
  const told = {
    ...stack,
    headersFor,
    logged: (mark: string) => logged(stack, mark),
    count: (name: string) => countAuthz(stack, name),
  };
  return { ...told, decide: (decision, path, request) => decide(told, decision, path, request) };
}

function logOutcome({ connectionManager }: Gateway): void {
  for (const { typed_config } of connectionManager.access_log) {
    const format = typed_config.log_format.json_format;
    format['mark'] = '%REQ(X-MARK)%';
    format['metadata'] = '%DYNAMIC_METADATA(envoy.filters.http.ext_authz)%';
  }
}

function headersFor(decision: unknown, mark: string): readonly (readonly [string, string])[] {
  const told = decision === undefined ? undefined : Buffer.from(JSON.stringify(decision)).toString('base64');
  return [...(told === undefined ? [] : [['x-decision', told] as const]), ['x-mark', mark], ['x-echo', '1']];
}

async function decide(
  stack: Omit<ToldStack, 'decide'>,
  decision: unknown,
  path = '/cars',
  request: HttpRequest = {},
): Promise<Outcome> {
  const mark = newMark();
  const given = request.headers ?? {};
  const pairs = (Array.isArray(given) ? given : Object.entries(given)) as readonly (readonly [string, string])[];
  const response = await stack.send(path, { ...request, headers: [...pairs, ...headersFor(decision, mark)] });
  return { response, echo: echoOf(response), log: await logged(stack, mark) };
}

function echoOf({ status, headers, json }: HttpResponse): Echo | undefined {
  if (status !== 200 || headers['content-type'] !== 'application/json') return undefined;
  return json() as Echo;
}

function logged({ envoy }: Stack, mark: string): Promise<Readonly<Record<string, unknown>>> {
  return eventually(() => {
    const line = envoy.accessLog().find((entry) => entry['mark'] === mark);
    if (line === undefined) throw new Error(`no access log entry with the mark ${mark}`);
    return line;
  });
}

/** The sum of those counters of the filter that end so. */
export async function countAuthz({ envoy }: Pick<Stack, 'envoy'>, name: string): Promise<number> {
  const stats = Object.entries(await envoy.stats(/^http\.gateway\.ext_authz\.gateway\./));
  return stats.reduce((sum, [key, value]) => sum + (key.endsWith(`.${name}`) ? value : 0), 0);
}
