import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { echoedHeader } from '../support/http.js';
import { printLogsOnFailure, type TemporaryFolder, temporaryFolder } from '../support/process.js';
import { type Stack, startStack } from '../support/stack.js';

// Keys whose hashes stand in a file, through a real Envoy to the backend.

let folder: TemporaryFolder;
let stack: Stack;
const users = '/v1/admin/users/testuser';
const keys = {
  admin: 'admin-key-0123456789abcdef',
  reader: 'reader-key-0123456789abcdef',
  old: 'old-key-0123456789abcdef',
};

beforeAll(async () => {
  folder = await temporaryFolder();
  const file = join(folder.path, 'api-keys.yaml');
  const entry = (key: string, owner: object) => ({ sha256: createHash('sha256').update(key).digest('hex'), ...owner });
  const tokens = [
    entry(keys.admin, { subject: 'billing', roles: ['ADMIN_ROLE'] }),
    entry(keys.reader, { subject: 'reports', roles: ['reader'] }),
    entry(keys.old, { subject: 'billing', roles: ['ADMIN_ROLE'], expires_at: '2024-01-31' }),
  ];
  await writeFile(file, stringify({ tokens }));
  const forward = { headers: { subject: 'x-user' }, remove_credentials: true };
  const identity = { sources: [{ kind: 'api-key', file }], forward };
  stack = await startStack({ engine: 'wasm', transport: 'tcp', config: { identity } });
});
afterAll(async () => {
  await stack?.stop();
  await folder?.remove();
});
printLogsOnFailure();

type Line = readonly [name: string, value: string];
const ask = (method: string, ...headers: Line[]) => stack.send(users, { method, headers });

test('A-47 a key gives the roles of its owner, and does not reach the backend', async () => {
  expect((await ask('POST', ['x-api-key', keys.admin])).status).toBe(200);
  expect((await ask('POST', ['x-api-key', keys.reader])).status).toBe(403);
  expect((await ask('POST')).status).toBe(401);
  expect((await ask('GET')).status).toBe(200);
  const echo = await stack.sendForEcho(users, { headers: { 'x-api-key': keys.reader, 'x-user': 'root' } });
  expect(echoedHeader(echo, 'x-user')).toEqual(['reports']);
  expect(JSON.stringify(echo)).not.toContain(keys.reader);
});

test('A-47 a key that is unknown, too old, or one of two is 401, also where anyone may read', async () => {
  const bad: Line[][] = [
    [['x-api-key', 'unknown-key-0123456789abcdef']],
    [['x-api-key', keys.old]],
    [
      ['x-api-key', keys.admin],
      ['x-api-key', keys.admin],
    ],
    [['x-api-key', '']],
  ];
  for (const headers of bad) {
    for (const method of ['POST', 'GET']) expect((await ask(method, ...headers)).status).toBe(401);
  }
});
