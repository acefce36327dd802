import { describe, expect, test } from 'vitest';
import type { AllowAnswer, DenyAnswer } from '../../../../src/envoy/answer.js';
import { type GatewayAbilities, writeHttpAnswer } from '../../../../src/server/http-front/http-answer.js';
import { type GatewayName, presetOf } from '../../../../src/server/http-front/preset.js';
import type { HeaderLine } from '../../../../src/server/http-front/sub-request.js';

const names: readonly GatewayName[] = ['nginx', 'traefik', 'caddy', 'haproxy', 'envoy-http', 'kong', 'aws'];
const metadata = { decision_id: 'id' };
const allow: AllowAnswer = {
  kind: 'allow',
  headers: [],
  headersToRemove: [],
  responseHeaders: [],
  queryToSet: [],
  queryToRemove: [],
  metadata,
};
const deny: DenyAnswer = { kind: 'deny', status: 403, headers: [], body: '', metadata };
const id: HeaderLine = ['x-portcullis-decision-id', 'id'];

function write(
  name: GatewayName,
  answer: Parameters<typeof writeHttpAnswer>[0],
  options: Partial<GatewayAbilities> = {},
  headers: readonly HeaderLine[] = [],
) {
  const abilities: GatewayAbilities = {
    preset: presetOf(name),
    backendHeaders: new Set(['x-user']),
    clientHeaders: new Set(['x-note']),
    unsupportedChanges: 'refuse',
    ...options,
  };
  return writeHttpAnswer(answer, { method: 'GET', target: '/check', headers }, abilities);
}

const set = (name: string, value: string) => ({ name, value, mode: 'overwrite' as const });
const add = (name: string, value: string) => ({ name, value, mode: 'add' as const });

describe.each(names)('%s', (name) => {
  test('an allow is 200, an outage 503, and nothing of the inside is in them', () => {
    expect(write(name, allow)).toEqual({ status: 200, headers: [id], body: '' });
    expect(write(name, { kind: 'failure', status: 'UNAVAILABLE', message: 'inside' })).toEqual({
      status: 503,
      headers: [],
      body: '',
    });
  });

  test('no denial lets a request through', () => {
    for (const status of [100, 200, 204, 299, 600]) {
      expect(write(name, { ...deny, status }).status, String(status)).toBeGreaterThanOrEqual(300);
    }
  });

  test('a query parameter cannot be changed', () => {
    expect(() => write(name, { ...allow, queryToRemove: ['x'] })).toThrow(/cannot change the parameter x/);
    expect(() => write(name, { ...allow, queryToSet: [{ name: 'x', value: '1' }] })).toThrow(/parameter x/);
    const dropped = write(name, { ...allow, queryToRemove: ['x'] }, { unsupportedChanges: 'drop' });
    expect(dropped).toEqual({ status: 200, headers: [id], body: '' });
  });

  test('a text without a type is plain text, as Envoy has it', () => {
    expect(write(name, { ...deny, body: '<b>' }).headers).toContainEqual(['content-type', 'text/plain']);
    const typed = write(name, { ...deny, body: '{}', headers: [set('content-type', 'application/json')] });
    expect(typed.headers.filter(([header]) => header === 'content-type')).toHaveLength(1);
  });
});

test.each(['nginx', 'traefik', 'caddy', 'aws', 'envoy-http'] as const)(
  '%s sets the headers of which its configuration knows',
  (name) => {
    expect(write(name, { ...allow, headers: [set('x-user', 'a')] }).headers).toEqual([id, ['x-user', 'a']]);
    const other = { ...allow, headers: [set('x-tenant', 'a')] };
    expect(() => write(name, other)).toThrow(/cannot change the header x-tenant for the backend/);
    expect(write(name, other, { unsupportedChanges: 'drop' }).headers).toEqual([id]);
  },
);

test.each(['nginx', 'traefik', 'caddy', 'aws'] as const)('%s cannot remove what it does not know', (name) => {
  const removing = { ...allow, headersToRemove: ['x-user', 'x-tenant'] };
  expect(write(name, removing, {}, [['x-user', 'root']]).status).toBe(200);
  expect(() => write(name, removing, {}, [['x-tenant', 'root']])).toThrow(/cannot remove x-tenant/);
  expect(() => write(name, removing, { unsupportedChanges: 'drop' }, [['x-tenant', 'root']])).toThrow();
});

test('Envoy removes what is listed', () => {
  const answer = write('envoy-http', { ...allow, headersToRemove: ['x-user', 'x_user'] });
  expect(answer.headers).toContainEqual(['x-envoy-auth-headers-to-remove', 'x-user,x_user']);
});

test.each(['haproxy', 'kong'] as const)('the script of %s does all that is listed', (name) => {
  const answer = write(name, {
    ...allow,
    headers: [set('x-tenant', 'a')],
    headersToRemove: ['x-user', 'x_user'],
    responseHeaders: [add('set-cookie', 'a=1'), add('set-cookie', 'b=2')],
  });
  expect(answer.headers).toEqual([
    id,
    ['x-portcullis-request-x-tenant', 'a'],
    ['x-portcullis-response-set-cookie', 'a=1'],
    ['x-portcullis-response-set-cookie', 'b=2'],
    ['x-portcullis-remove', 'x-user,x_user'],
  ]);
});

test('of two values for the backend the last counts, as in Envoy', () => {
  const headers = [set('x-user', 'a'), set('x-user', 'b')];
  expect(write('nginx', { ...allow, headers }).headers).toEqual([id, ['x-user', 'b']]);
});

test('headers for the client are kept apart from those for the backend', () => {
  const answer = { ...allow, responseHeaders: [set('x-note', '1')] };
  expect(write('nginx', answer).headers).toEqual([id, ['x-portcullis-response-x-note', '1']]);
  expect(write('envoy-http', answer).headers).toEqual([id, ['x-note', '1']]);
  for (const name of ['traefik', 'caddy', 'aws'] as const) expect(() => write(name, answer)).toThrow(/for the client/);
});

test('B-35 NGINX is told 401 or 403, and the rest in a header', () => {
  expect(write('nginx', { ...deny, status: 401 }).status).toBe(401);
  const redirect = write('nginx', { ...deny, status: 302, headers: [set('location', '/login')] });
  expect(redirect).toEqual({
    status: 403,
    headers: [id, ['location', '/login'], ['x-portcullis-status', '302']],
    body: '',
  });
});

test('Envoy takes a 5xx for no answer, which failure_mode_allow would let through: a denial never is one', () => {
  expect(write('envoy-http', { ...deny, status: 500 }).status).toBe(403);
  expect(write('envoy-http', { ...deny, status: 429 }).status).toBe(429);
});
