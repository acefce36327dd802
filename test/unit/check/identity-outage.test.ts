import { expect, test } from 'vitest';
import { createCheckIn } from '../../../src/check/check.js';
import type { CheckState } from '../../../src/check/check-state.js';
import { decisionPaths } from '../../../src/check/decision-path.js';
import { SettledVerdicts } from '../../../src/check/settled-verdicts.js';
import type { Verdict } from '../../../src/check/verdict.js';
import { configSchema } from '../../../src/config/schema.js';
import type { Engine } from '../../../src/engine/engine.js';
import type { Attributes } from '../../../src/envoy/attributes.js';
import { ok } from '../../../src/errors/result.js';
import { unavailable } from '../../../src/identity/finding.js';
import { createIdentifier } from '../../../src/identity/identify.js';
import type { IdentitySource } from '../../../src/identity/source.js';

const config = configSchema.parse({ identity: { public_paths: ['/login'] } });
const broken: IdentitySource = {
  kind: 'redis-session',
  credentials: { headers: [], cookies: [] },
  identify: () => unavailable('redis-session', 'secret-host refused the connection'),
};
const engine = {
  kind: 'fake',
  evaluate: () => {
    throw new Error('the engine was asked about a caller whom nobody knows');
  },
} as unknown as Engine;
const state = {
  engine,
  paths: decisionPaths(config.engine.paths),
  identify: createIdentifier([broken]),
  identityConfigured: true,
  publicPaths: new Set(config.identity.public_paths),
  realm: 'portcullis',
  input: config.input,
  decision: config.decision,
  timeout: 1000,
  verdicts: new SettledVerdicts(),
} satisfies Partial<CheckState> as CheckState;

test.each(['/', '/login'])(
  'D-28 a source that cannot tell is an outage and asks no policy, on a public path too: %s',
  async (path) => {
    const attributes: Attributes = {
      request: { http: { method: 'GET', path, host: 'a.example', protocol: 'HTTP/1.1' } },
    };
    const verdicts: Verdict[] = [];
    const check = createCheckIn(
      { read: () => ok(attributes), write: (answer) => answer },
      () => state,
      (_trail, verdict) => void verdicts.push(verdict),
    );
    const call = { deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal };
    expect(await check(undefined, call)).toEqual({
      kind: 'failure',
      status: 'UNAVAILABLE',
      message: 'the caller cannot be identified',
    });
    expect(verdicts).toMatchObject([{ outcome: 'error', reason: 'identity_unavailable' }]);
  },
);
