import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { layer } from '../../../src/config/layers.js';
import { accelerated } from '../../support/accelerators.js';
import { startOpa } from '../../support/opa-server.js';
import { type ConfigFile, repository } from '../../support/portcullis-server.js';
import { temporaryFolder } from '../../support/process.js';
import { describeFailure, describeResponse } from '../../unit/check/describe-reply.js';
import { decodeResponse, encodeRequest } from '../../unit/check/peer-codec.js';
import { bundle } from '../bundle/command.js';
import { createClient, type RawClient } from '../server/grpc-client.js';
import { serve } from './serve.js';

// No accelerator may change an answer: the same requests, each several times and in several forms, go through every
// configuration of them.

const rego = `package envoy.authz

http := input.attributes.request.http

asked := input.parsed_path[0]

reading := http.method == "GET"

allow := reading if asked == "plain"

allow := {"allowed": reading, "http_status": 402, "body": "pay", "headers": {"x-made": "here"}} if asked == "text"

allow := {
	"allowed": true,
	"headers": {"x-made": "here", "x-in": "ours"},
	"request_headers_to_remove": ["x-out"],
	"response_headers_to_add": {"x-out": ["1", "2"]},
	"dynamic_metadata": {"made": http.method},
} if asked == "more"

allow := {"allowed": true, "headers": {"x-seen": object.get(http.headers, "x-in", "nothing")}} if asked == "read"

allow := {"allowed": true, "headers": {"x-in": {"value": "more", "append": true}}} if asked == "append"

allow := {"allowed": true, "query_parameters_to_set": {"page": "1"}, "query_parameters_to_remove": ["size"]} if asked == "query"

allow := {"allowed": input.identity.subject == "alice", "body": input.identity.subject} if asked == "subject"

allow := {"allowed": "yes"} if asked == "wrong"

allow := x if {
	asked == "conflict"
	some x in [http.method, "other"]
}
`;
const decisions = ['plain', 'text', 'more', 'read', 'append', 'query', 'subject', 'wrong', 'conflict', 'nothing'];
const callers = [undefined, 'alice', 'james', 'nobody'];
const methods = ['GET', 'POST'];

interface Asked {
  readonly title: string;
  readonly bytes: Buffer;
}

/** Each line as Envoy sends it, as it sends it with `encode_raw_headers`, and beside one that is not ASCII. */
function forms(headers: Readonly<Record<string, string>>): readonly object[] {
  const lines = Object.entries(headers).map(([key, value]) => ({
    key,
    rawValue: Buffer.from(value).toString('base64'),
  }));
  return [{ headers }, { headerMap: { headers: lines } }, { headers: { ...headers, 'x-note': 'é\u{1f600}' } }];
}

const requests: readonly Asked[] = decisions.flatMap((decision) =>
  callers.flatMap((caller) =>
    methods.flatMap((method) =>
      ['one', 'two'].flatMap((text) => {
        const credential = caller === undefined ? {} : { authorization: `Bearer ${caller}-demo-token` };
        const path = `/${decision}?page=2&size=3`;
        return forms({ 'x-in': text, 'x-subject': 'forged', ...credential }).map((http, form) => ({
          title: `${method} ${path} ${caller} ${text} ${form}`,
          bytes: Buffer.from(encodeRequest({ attributes: { request: { http: { method, path, ...http } } } })),
        }));
      }),
    ),
  ),
);

/** All at once, for what queues up, and then again, for what was remembered. */
async function answers(client: RawClient): Promise<readonly string[]> {
  const rounds: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    rounds.push(...(await Promise.all(requests.map((request) => answer(client, request)))));
  }
  return rounds;
}

async function answer(client: RawClient, { bytes, title }: Asked): Promise<string> {
  const reply = await client.call(bytes).reply;
  const said = 'bytes' in reply ? describeResponse(decodeResponse(reply.bytes)) : describeFailure(reply.code);
  return `${title}: ${said}`;
}

/** Answers under a configuration that is laid over `base`. */
async function answersOf(base: ConfigFile, config: ConfigFile): Promise<readonly string[]> {
  const portcullis = await serve({ config: layer(base, config) as ConfigFile });
  const client = createClient(portcullis.grpcAddress);
  onTestFinished(() => client.close());
  return answers(client);
}

const identities = {
  'a backend that is told nothing of the caller': {},
  'a backend that is told of the caller': { forward: { headers: { subject: 'x-subject', roles: 'x-user-roles' } } },
} as const;

describe.each(['wasm', 'opa'] as const)('the engine %s', (kind) => {
  let engine: ConfigFile;
  let stop: () => Promise<unknown> = () => Promise.resolve();

  beforeAll(async () => {
    const sources = await temporaryFolder();
    stop = sources.remove;
    await writeFile(join(sources.path, 'policy.rego'), rego);
    if (kind === 'wasm') {
      engine = { kind, wasm: { bundle: await builtBundle(sources.path, 'wasm') } };
      return;
    }
    const planned = await builtBundle(sources.path, 'rego');
    const opa = await startOpa({ bundle: planned });
    stop = async () => {
      await opa.kill();
      await sources.remove();
    };
    engine = { kind, opa: { url: opa.url, bundle: planned } };
  });
  afterAll(() => stop());

  describe.each(Object.entries(identities))('%s', (_title, forwarding) => {
    const base = () => {
      const sources = [{ kind: 'token-file', file: `${repository}/examples/tokens.yaml` }];
      return {
        engine: { ...engine, timeout: '10s' },
        grpc: { max_concurrent_checks: 10_000 },
        identity: { sources, ...forwarding },
      };
    };
    const [reference, ...others] = accelerated(kind);
    let expected: readonly string[];

    test('answers alike however often and whether or not all is ASCII, with everything off', async () => {
      expected = await answersOf(base(), reference?.[1] ?? {});
      expect(expected).toHaveLength(3 * requests.length);
      const once = expected.slice(0, requests.length);
      expect(expected).toEqual([...once, ...once, ...once]);
      // Raw headers are another part of the input, but whether a message is ASCII is nothing that a policy sees.
      const [ascii, others] = [0, 2].map((form) => once.filter((line) => line.includes(` ${form}: `)));
      expect(others).toEqual(ascii?.map((line) => line.replace(' 0: ', ' 2: ')));
      // Nothing would be seen if all of them said the same.
      expect(new Set(once.map((line) => line.slice(line.indexOf(': ')))).size).toBeGreaterThan(10);
    });

    test.each(others)('answers the same with %s', async (_configuration, config) => {
      expect(await answersOf(base(), config)).toEqual(expected);
    });
  });
});

/** As users build it, with the plan beside the module or the Rego. */
async function builtBundle(sources: string, target: 'wasm' | 'rego'): Promise<string> {
  const file = `${sources}/bundle.tar.gz`;
  const built = await bundle(
    'build',
    sources,
    '-e',
    'envoy/authz/allow',
    '--target',
    target,
    '--revision',
    'r1',
    '-o',
    file,
    '--skip-check',
    '--skip-tests',
  );
  expect(built.code, built.stderr).toBe(0);
  return file;
}
