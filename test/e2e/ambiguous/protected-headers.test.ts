import { describe, expect, test } from 'vitest';
import type { Echo } from '../../../examples/backend/echo.js';
import { sendRaw } from '../../support/http.js';
import type { ConfigFile } from '../../support/portcullis-server.js';
import { useStack } from '../../support/stack.js';
import { gatewayOf } from '../matrix/support/gateway.js';
import { type SeenInputOptions, useSeenInput } from '../matrix/support/seen-input.js';
import { headersSeen } from './support/agreement.js';
import { loosen } from './support/gateways.js';
import { askPassed, type Passed } from './support/raw-request.js';

/** Every way in which a client may write an identity header, some of them twice. */
const forged = [
  ...['x-user: forged', 'X-USER: forged', 'x-User: forged again', 'x_user: forged', 'X_User: forged', 'x.user: forged'],
  ...[
    'x-user-roles: forged',
    'X-User-Roles: forged',
    'x_user_roles: forged',
    'x-user_roles: forged',
    'x_user-roles: forged',
  ],
  ...['user_roles: forged', 'USER_ROLES: forged', 'user-roles: forged', 'x-user: forged,forged', 'x~user: forged'],
];

interface Case extends Pick<SeenInputOptions, 'shape' | 'allow' | 'decision'> {
  readonly name: string;
  readonly config?: ConfigFile;
  /** Also tried with `encode_raw_headers`. */
  readonly lines?: true;
  /** What the decision sets; nothing else may arrive. */
  readonly set?: readonly (readonly [name: string, value: string])[];
}

const asPlugin = { compatibility: 'opa-envoy-plugin' };

const cases: readonly Case[] = [
  { name: 'the policy sets none', lines: true },
  { name: 'the policy sets another header', decision: '{"headers": {"x-other": "1"}}', set: [['x-other', '1']] },
  {
    name: 'the policy sets one',
    lines: true,
    decision: '{"headers": {"X-User": "alice"}}',
    set: [['x-user', 'alice']],
  },
  {
    name: 'the policy appends to one',
    decision: '{"headers": {"x-user-roles": {"value": "reader", "append": true}}}',
    set: [['x-user-roles', 'reader']],
  },
  {
    name: 'the policy sets one in another spelling',
    decision: '{"headers": {"x_user": "alice"}}',
    set: [['x_user', 'alice']],
  },
  { name: 'the compatible mode', lines: true, config: asPlugin },
  {
    name: 'the compatible mode with a header set',
    config: asPlugin,
    decision: '{"headers": {"x-user": "alice"}}',
    set: [['x-user', 'alice']],
  },
  { name: 'a rehearsed denial', allow: 'false', config: { decision: { dry_run: true } } },
  {
    name: 'a rehearsed denial in the compatible mode',
    allow: 'false',
    config: { ...asPlugin, decision: { dry_run: true } },
  },
  { name: 'the input shape of application middleware', lines: true, shape: 'http-api' },
];

const policyNames = /^(?:x[-_.~])?user(?:[-_]roles)?$|^x-other$/;

describe.each([false, true])('behind an Envoy that strips nothing, encode_raw_headers %s', (rawHeaders) => {
  describe.each(cases.filter(({ lines = false }) => lines || !rawHeaders))(
    '$name',
    ({ name: _name, lines: _lines, set = [], ...options }) => {
      const stack = useSeenInput({
        ...options,
        change: (gateway) => {
          loosen(gateway);
          gateway.extAuthz['encode_raw_headers'] = rawHeaders;
        },
      });

      test('A-47 D7 what the client wrote under an identity header does not reach the backend', async () => {
        const passed = await askPassed(stack(), { headers: forged });
        expect(identityHeaders(passed)).toEqual(set);
        // The other way round: it was Envoy's to hand on, and the policy did see it.
        if (options.shape === undefined) expect(headersSeen(passed.input).get('x_user')).toBe('forged,forged');
      });
    },
  );
});

describe('an Envoy that shows Portcullis no headers', () => {
  const stack = useSeenInput({
    change: (gateway) => {
      loosen(gateway);
      gateway.extAuthz['allowed_headers'] = { patterns: [{ exact: 'x-mark' }] };
    },
  });

  test('A-47 the usual spellings are removed unseen', async () => {
    const headers = forged.filter((line) => !/^(?:x[.~]|x-user_|x_user-)/.test(line));
    const passed = await askPassed(stack(), { headers });
    expect(headersSeen(passed.input).has('x-user')).toBe(false);
    expect(identityHeaders(passed)).toEqual([]);
  });
});

describe.each(['none', 'opa-envoy-plugin'])('a boolean decision, compatibility %s', (compatibility) => {
  const stack = useStack({
    engine: 'wasm',
    transport: 'tcp',
    policy: { rego: 'package seen\n\nallow := true', entrypoints: ['seen/allow'] },
    config: { identity: {}, compatibility, engine: { paths: [{ path: 'seen/allow' }] } },
    envoy: { change: (config) => loosen(gatewayOf(config)) },
  });

  test('A-47 removes identity headers too', async () => {
    const head = ['GET / HTTP/1.1', 'host: gateway.example', 'x-echo: 1', 'connection: close', ...forged];
    const { body, status } = await sendRaw(stack().url, `${head.join('\r\n')}\r\n\r\n`);
    expect(status).toBe(200);
    expect(identityHeaders({ echo: JSON.parse(body) as Echo })).toEqual([]);
  });
});

function identityHeaders({ echo }: Pick<Passed, 'echo'>): (readonly [string, string])[] {
  return echo.headers.filter(([name]) => policyNames.test(name.toLowerCase()));
}
