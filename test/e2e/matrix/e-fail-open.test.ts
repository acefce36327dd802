import { describe, expect, test } from 'vitest';
import { echoedHeader } from '../../support/http.js';
import { buildBundle } from '../../support/policy-bundle.js';
import { printLogsOnFailure } from '../../support/process.js';
import { allowed, grpcStatus, message } from './support/check-answers.js';
import { misbehaving, portcullis, startFront } from './support/front.js';
import type { Gateway } from './support/gateway.js';
import { olderThan } from './support/versions.js';

printLogsOnFailure();

const marker = 'x-envoy-auth-failure-mode-allowed';

function failOpen({ extAuthz }: Gateway): void {
  extAuthz['failure_mode_allow'] = true;
  extAuthz['failure_mode_allow_header_add'] = true;
}

describe('E7 fail-open, and the check is an error', () => {
  test('E7 the request passes with the marker; the one that a client wrote is gone', async () => {
    const server = await misbehaving(grpcStatus(13));
    const front = await startFront(server.address, { change: failOpen });
    const echo = await front.sendForEcho('/cars', { headers: { [marker]: 'spoofed' } });
    expect(echoedHeader(echo, marker)).toEqual(['true']);
    expect(await front.count('ext_authz.gateway.failure_mode_allowed')).toBe(1);
    expect(await front.count('ext_authz.gateway.error')).toBe(1);
  });

  test('E7 without the early removal the marker of a client stands beside it', async () => {
    const server = await misbehaving(grpcStatus(13));
    const front = await startFront(server.address, {
      change: (gateway) => {
        failOpen(gateway);
        delete gateway.connectionManager['early_header_mutation_extensions'];
      },
    });
    const echo = await front.sendForEcho('/cars', { headers: { [marker]: 'spoofed' } });
    expect(echoedHeader(echo, marker)).toEqual(['spoofed', 'true']);
    server.answer(message(allowed));
    expect(echoedHeader(await front.sendForEcho('/cars', { headers: { [marker]: 'spoofed' } }), marker)).toEqual([
      'spoofed',
    ]);
  });
});

describe('E8 fail-open, and Portcullis answers', () => {
  const rego = `package envoy.authz

allow if input.parsed_path == ["open"]

allow := {"allowed": false, "http_status": 403} if input.parsed_path == ["denied"]

allow := {"allowed": "yes"} if input.parsed_path == ["malformed"]

allow := "one" if input.parsed_path == ["conflict"]

allow := "other" if input.parsed_path == ["conflict"]
`;

  test('E8 a denial stays one, also when the policy failed, gave nonsense or had no answer', async () => {
    const bundle = await buildBundle({ rego, entrypoints: ['envoy/authz/allow'] });
    const server = await portcullis({ config: { engine: { kind: 'wasm', wasm: { bundle } } } });
    const front = await startFront(server.grpcAddress, { change: failOpen });
    const status = async (path: string) => (await front.send(path)).status;
    expect(await status('/open')).toBe(200);
    expect(await status('/denied')).toBe(403);
    expect(await status('/malformed')).toBe(500);
    expect(await status('/conflict')).toBe(500);
    expect(await status('/undefined')).toBe(403);
    expect(await status('/a%00b')).toBe(400);
    expect(await front.count('ext_authz.gateway.denied')).toBe(4);
    expect(await front.count('ext_authz.gateway.failure_mode_allowed')).toBe(0);
  });

  test('E8 with decision.faults and decision.undefined set to error, as in opa-envoy-plugin, they let it through', async () => {
    const bundle = await buildBundle({ rego, entrypoints: ['envoy/authz/allow'] });
    const server = await portcullis({
      config: { engine: { kind: 'wasm', wasm: { bundle } }, decision: { faults: 'error', undefined: 'error' } },
    });
    const front = await startFront(server.grpcAddress, { change: failOpen });
    const status = async (path: string) => (await front.send(path)).status;
    expect(await status('/denied')).toBe(403);
    expect(await status('/malformed')).toBe(200);
    expect(await status('/conflict')).toBe(200);
    expect(await status('/undefined')).toBe(200);
  });
});

describe('E9 filter_enabled at 0 %', () => {
  const never = { runtime_key: 'never', default_value: { numerator: 0, denominator: 'HUNDRED' } };

  test.each([
    ['without deny_at_disable: let through unchecked', undefined, 200],
    ['with deny_at_disable: refused with status_on_error', { runtime_key: 'deny', default_value: true }, 503],
  ])('E9 %s', async (_name, denyAtDisable, status) => {
    const server = await misbehaving(message(allowed));
    const front = await startFront(server.address, {
      change: ({ extAuthz }) => {
        extAuthz['filter_enabled'] = never;
        if (denyAtDisable !== undefined) extAuthz['deny_at_disable'] = denyAtDisable;
      },
    });
    expect((await front.send('/cars')).status).toBe(status);
    expect(server.checks()).toBe(0);
    expect(await front.count('ext_authz.gateway.disabled')).toBe(1);
  });
});

test.skipIf(olderThan('1.38.0'))(
  'C33 shadow mode: a denial lets the request through, and is noted in the access log',
  async () => {
    const bundle = await buildBundle({
      rego: 'package envoy.authz\n\nallow := {"allowed": input.parsed_path == ["open"], "headers": {"x-seen": "1"}}',
      entrypoints: ['envoy/authz/allow'],
    });
    const server = await portcullis({ config: { engine: { kind: 'wasm', wasm: { bundle } } } });
    const front = await startFront(server.grpcAddress, {
      change: ({ extAuthz, connectionManager }) => {
        extAuthz['shadow_mode'] = true;
        const [log] = connectionManager.access_log;
        if (log)
          log.typed_config.log_format.json_format['shadow'] =
            '%FILTER_STATE(envoy.filters.http.ext_authz.shadow:TYPED)%';
      },
    });
    const denied = await front.sendForEcho('/denied');
    expect(denied.path).toBe('/denied');
    await expect.poll(() => JSON.stringify(front.logged('/denied')?.['shadow'])).toContain('DENIED');
    expect(echoedHeader(await front.sendForEcho('/open'), 'x-seen')).toEqual(['1']);
  },
);
