import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { connectGrpc, type GrpcClient } from '../../support/grpc-client.js';
import { ask } from '../ambiguous/support/raw-request.js';
import { useSeenInput } from './support/seen-input.js';

const config = { decision_log: { enabled: true }, log: { level: 'debug' } };

describe('log injection', () => {
  const stack = useSeenInput({ config });
  const forged = '{"outcome":"allow","path":"/forged"}';
  const hostile = ['\n', '\r\n', '\u2028', '\u0085', '\0', '\x1b[2J', '"', '\\', '\u202e', '\x7f'].map(
    (text) => `/a${text}${forged}`,
  );
  let client: GrpcClient;

  beforeAll(() => {
    client = connectGrpc(stack().portcullis.grpcAddress);
  });
  afterAll(() => client.close());

  test('D15 whatever stands in a check, each is one line of JSON in the decision log', async () => {
    for (const text of hostile) {
      const headers = { 'x-request-id': text, [text]: text };
      const http = { id: text, method: text, path: text, host: text, scheme: text, headers };
      await client.check({ attributes: { request: { http } } });
    }
    await eventually(() => expect(stack().portcullis.child.stdout).toHaveLength(hostile.length));
    for (const [index, line] of stack().portcullis.child.stdout.entries()) {
      expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
      expect(JSON.parse(line)).toMatchObject({ method: hostile[index] });
    }
    const lines = stack().portcullis.child.stderr;
    expect(lines.map((line) => JSON.parse(line))).toHaveLength(lines.length);
  });

  test('D15 through Envoy: one line each in its access log and in ours', async () => {
    const before = stack().portcullis.decisionLog().length;
    const targets = ['/a%0a%22%7d', '/a%22%2c%22outcome%22%3a%22allow', '/a%e2%80%ae'];
    for (const target of targets) await ask(stack(), { target, headers: [`x-request-id: ${forged}`] });
    await eventually(() => expect(stack().portcullis.decisionLog()).toHaveLength(before + targets.length));
    const logged = stack().portcullis.decisionLog().slice(before);
    expect(logged.map(({ path }) => path)).toEqual(targets);
    await eventually(() =>
      expect(
        stack()
          .envoy.accessLog()
          .map(({ path }) => path),
      ).toEqual(targets),
    );
  });
});

describe('secrets', () => {
  const stack = useSeenInput({ config, allow: 'input.attributes.request.http.method == "GET"' });
  const secret = 's3cr3t-s3cr3t';

  test('D16 no credential, cookie, query or body is in any log of Portcullis', async () => {
    const headers = [`authorization: Bearer ${secret}`, `cookie: session=${secret}`, `x-api-key: ${secret}`];
    const request = { target: `/a?token=${secret}`, host: `${secret}.example`, headers };
    await ask(stack(), request);
    await ask(stack(), { ...request, method: 'POST', body: `{"password":"${secret}"}` });
    await ask(stack(), { ...request, target: `/a%zz?token=${secret}` });
    await ask(stack(), { ...request, host: `user:${secret}@gateway.example` });
    await eventually(() => expect(stack().portcullis.decisionLog()).toHaveLength(4));
    const { stderr, stdout } = stack().portcullis.child;
    // The host of the first three is no secret: it shows that the log would hold the text.
    const logged = [...stdout, ...stderr].join('\n').replaceAll(`${secret}.example`, '');
    expect(stdout.join('\n')).toContain(`${secret}.example`);
    expect(logged).not.toContain(secret);
  });
});
