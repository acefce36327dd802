import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { runPortcullis } from '../../support/portcullis-server.js';
import { type S3Server, startS3 } from '../../support/s3-server.js';
import { folder, serve } from '../serve/serve.js';
import { shopPath, shopPolicy } from './archives.js';

// Where Portcullis finds what its requests to S3 are signed with. The S3 server is real, but for the web identity: it knows
// no session tokens, and there is no token service without Amazon. Both are fakes there that show what they were sent.

vi.setConfig({ testTimeout: 60_000 });

let s3: S3Server;
beforeAll(async () => {
  s3 = await startS3();
});
afterAll(() => s3?.remove());

/** Nothing of the environment that the tests themselves run in. */
const nothing = {
  AWS_ACCESS_KEY_ID: '',
  AWS_SECRET_ACCESS_KEY: '',
  AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
  AWS_CONFIG_FILE: '/nowhere',
  AWS_EC2_METADATA_DISABLED: 'true',
};

async function publish(store: string, env: Readonly<Record<string, string>>) {
  const file = join(await folder(), 'bundle.tar.gz');
  await writeFile(file, await shopPolicy('r1'));
  return runPortcullis(['bundle', 'publish', file, '--to', store], { ...nothing, ...env });
}

async function serves(store: string, env: Readonly<Record<string, string>>): Promise<boolean> {
  const sources = [{ name: 'shop', store, object: 'r1.tar.gz' }];
  const polling = { min_delay: '100ms', max_delay: '200ms' };
  const config = { engine: { paths: [{ path: shopPath }] }, bundles: { sources, polling } };
  const { adminUrl } = await serve({ config, env: { ...nothing, ...env } });
  return (await fetch(`${adminUrl}/readyz`)).status === 200;
}

test('C-44 the environment', async () => {
  expect((await publish(s3.store('environment'), s3.env)).code).toBe(0);
  expect(await serves(s3.store('environment'), s3.env)).toBe(true);
});

test('C-44 a credentials file', async () => {
  const file = join(await folder(), 'credentials');
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = s3.env;
  await writeFile(file, `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`);
  const env = { AWS_SHARED_CREDENTIALS_FILE: file };
  expect((await publish(s3.store('file'), env)).code).toBe(0);
  expect(await serves(s3.store('file'), env)).toBe(true);
});

test('C-44 a web identity, exchanged for credentials by a token service: a fake one, and a fake S3', async () => {
  const asked: URLSearchParams[] = [];
  const sts = await fake(async (request, response) => {
    asked.push(new URLSearchParams(await text(request)));
    response.setHeader('content-type', 'text/xml').end(credentials(s3.env));
  });
  const archive = await shopPolicy('r1');
  const seen: IncomingHttpHeaders[] = [];
  const storage = await fake((request, response) => {
    seen.push(request.headers);
    request.resume();
    response.setHeader('etag', '"1"').end(request.method === 'GET' ? archive : undefined);
  });
  const token = join(await folder(), 'token');
  await writeFile(token, 'token-of-the-pod');
  const env = {
    AWS_WEB_IDENTITY_TOKEN_FILE: token,
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/policies',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_STS: sts,
  };
  const store = `s3://bucket?endpoint=${storage}`;
  const run = await publish(store, env);
  expect(run.code, run.stderr).toBe(0);
  expect(await serves(store, env)).toBe(true);
  expect(asked[0]?.get('Action')).toBe('AssumeRoleWithWebIdentity');
  expect(asked[0]?.get('WebIdentityToken')).toBe('token-of-the-pod');
  expect(asked[0]?.get('RoleArn')).toBe(env.AWS_ROLE_ARN);
  for (const headers of seen) {
    expect(headers.authorization).toContain(`AWS4-HMAC-SHA256 Credential=${s3.env['AWS_ACCESS_KEY_ID']}/`);
    expect(headers['x-amz-security-token']).toBe('session');
  }
  expect(seen[0]?.['if-none-match']).toBe('*');
});

async function fake(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('C-44 without any, nothing is sent, and the reason is said', async () => {
  const run = await publish(s3.store('nothing'), {});
  expect(run.code).toBe(1);
  expect(run.stderr).toContain('CredentialsProviderError');
});

function credentials(env: Readonly<Record<string, string>>): string {
  const expires = new Date(Date.now() + 3_600_000).toISOString();
  return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult><Credentials>
    <AccessKeyId>${env['AWS_ACCESS_KEY_ID']}</AccessKeyId>
    <SecretAccessKey>${env['AWS_SECRET_ACCESS_KEY']}</SecretAccessKey>
    <SessionToken>session</SessionToken><Expiration>${expires}</Expiration>
  </Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>`;
}
