import type { AllowAnswer, Answer, DenyAnswer, HeaderChange } from '../../envoy/answer.js';
import { PortcullisError } from '../../errors/portcullis-error.js';
import type { GatewayPreset } from './preset.js';
import type { HeaderLine, SubRequest } from './sub-request.js';

/** What the gateway is told. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: readonly HeaderLine[];
  readonly body: string;
}

/** What the gateway's configuration has been told to do; names in lower case. */
export interface GatewayAbilities {
  readonly preset: GatewayPreset;
  readonly backendHeaders: ReadonlySet<string>;
  readonly clientHeaders: ReadonlySet<string>;
  readonly unsupportedChanges: 'refuse' | 'drop';
}

/** Namespaces of our own, for gateways that would otherwise mix headers of two directions. */
const toBackend = 'x-portcullis-request-';
const toClient = 'x-portcullis-response-';
const toRemove = 'x-portcullis-remove';

/**
 * The answer in HTTP. What only Envoy understands (dynamic metadata) is left out, save for the decision id.
 *
 * @throws PortcullisError `decision_invalid` when an allow asks for what the gateway cannot do, `request_invalid`
 * when it has to remove a header that the gateway does not know of
 */
export function writeHttpAnswer(answer: Answer, sub: SubRequest, abilities: GatewayAbilities): HttpAnswer {
  // Whatever the reason is: the gateway's own way of treating an outage governs.
  if (answer.kind === 'failure') return { status: 503, headers: [], body: '' };
  const id = answer.metadata['decision_id'];
  const headers: HeaderLine[] = typeof id === 'string' ? [['x-portcullis-decision-id', id]] : [];
  return answer.kind === 'allow'
    ? { status: 200, headers: [...headers, ...allowHeaders(answer, sub, abilities)], body: '' }
    : denial(answer, headers, abilities.preset);
}

function allowHeaders(answer: AllowAnswer, sub: SubRequest, abilities: GatewayAbilities): HeaderLine[] {
  requireRemovable(answer, sub, abilities);
  const supported = refuseOrDrop(answer, abilities);
  const backend = lastOfEach(supported.headers);
  const { changes } = abilities.preset;
  if (changes === 'listed') {
    return [
      ...backend.map(({ name, value }): HeaderLine => [`${toBackend}${name}`, value]),
      ...supported.responseHeaders.map(({ name, value }): HeaderLine => [`${toClient}${name}`, value]),
      ...removal(toRemove, answer.headersToRemove),
    ];
  }
  const prefix = changes === 'envoy' ? '' : toClient;
  return [
    ...backend.map(({ name, value }): HeaderLine => [name, value]),
    ...supported.responseHeaders.map(({ name, value }): HeaderLine => [`${prefix}${name}`, value]),
    ...(changes === 'envoy' ? removal('x-envoy-auth-headers-to-remove', answer.headersToRemove) : []),
  ];
}

/** The client's own header would go on to the backend although the answer removes it. */
function requireRemovable(
  { headersToRemove }: AllowAnswer,
  { headers }: SubRequest,
  { preset, backendHeaders }: GatewayAbilities,
): void {
  if (preset.changes !== 'declared') return;
  const kept = headersToRemove.find((name) => !backendHeaders.has(name) && headers.some(([each]) => each === name));
  if (kept === undefined) return;
  throw new PortcullisError('request_invalid', `${preset.name} cannot remove ${kept}: http.backend_headers lacks it`);
}

type Supported = Pick<AllowAnswer, 'headers' | 'responseHeaders'>;

function refuseOrDrop(answer: AllowAnswer, abilities: GatewayAbilities): Supported {
  const { preset, backendHeaders, clientHeaders, unsupportedChanges } = abilities;
  const everything = preset.changes === 'listed';
  const toSet = (name: string) => everything || backendHeaders.has(name);
  const toShow = (name: string) => everything || (preset.clientHeaders && clientHeaders.has(name));
  const unsupported = [
    ...answer.headers.filter(({ name }) => !toSet(name)).map(({ name }) => `the header ${name} for the backend`),
    ...answer.responseHeaders
      .filter(({ name }) => !toShow(name))
      .map(({ name }) => `the header ${name} for the client`),
    ...[...answer.queryToSet.map(({ name }) => name), ...answer.queryToRemove].map((name) => `the parameter ${name}`),
  ];
  if (unsupported.length === 0) return answer;
  if (unsupportedChanges === 'refuse') {
    throw new PortcullisError('decision_invalid', `${preset.name} cannot change ${unsupported.join(', ')}`);
  }
  return {
    headers: answer.headers.filter(({ name }) => toSet(name)),
    responseHeaders: answer.responseHeaders.filter(({ name }) => toShow(name)),
  };
}

/** Towards the backend every change overwrites; the gateways would join or add instead. */
function lastOfEach(changes: readonly HeaderChange[]): readonly HeaderChange[] {
  return [...new Map(changes.map((change) => [change.name, change])).values()];
}

function removal(header: string, names: readonly string[]): HeaderLine[] {
  return names.length === 0 ? [] : [[header, names.join(',')]];
}

function denial(answer: DenyAnswer, headers: readonly HeaderLine[], preset: GatewayPreset): HttpAnswer {
  const ours = answer.headers.map(({ name, value }): HeaderLine => [name, value]);
  const status = denialStatus(answer.status, preset);
  // Where the status is not passed on, the configuration may still answer with it.
  const told: HeaderLine[] = status === answer.status ? [] : [['x-portcullis-status', String(answer.status)]];
  // As Envoy does; a browser would otherwise guess, and might find HTML in what the policy quotes.
  const typed = answer.body === '' || ours.some(([name]) => name === 'content-type');
  const type: HeaderLine[] = typed ? [] : [['content-type', 'text/plain']];
  return { status, headers: [...headers, ...ours, ...told, ...type], body: answer.body };
}

function denialStatus(status: number, { denials }: GatewayPreset): number {
  // Never a status that lets the request through, whatever the decision says.
  if (status < 300 || status > 599) return 403;
  if (denials === '401-or-403') return status === 401 ? 401 : 403;
  return denials === 'below-500' && status >= 500 ? 403 : status;
}
