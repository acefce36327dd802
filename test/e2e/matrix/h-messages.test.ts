import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildBundle } from '../../support/policy-bundle.js';
import { type PortcullisServer, startPortcullis } from '../../support/portcullis-server.js';
import { printLogsOnFailure } from '../../support/process.js';
import { decodeResponse, encodeRequest } from '../../unit/check/peer-codec.js';
import { recording } from '../../unit/check/peer-recording.js';
import { allowed, message } from './support/check-answers.js';
import { misbehaving, startFront } from './support/front.js';
import { connectRaw, type RawClient } from './support/raw-client.js';

printLogsOnFailure();

const rego = `package seen

decision := {"allowed": input.parsed_path[0] != "no", "dynamic_metadata": {"input": json.marshal(input)}}
`;

interface Answer {
  readonly status: { readonly code?: number };
  readonly deniedResponse?: { readonly status?: { readonly code?: string } };
  readonly dynamicMetadata?: { readonly input?: string };
}

function useAdapter(config: object): () => (request: Buffer) => Promise<Answer> {
  let server: PortcullisServer;
  let client: RawClient;
  beforeAll(async () => {
    const bundle = await buildBundle({ rego, entrypoints: ['seen/decision'] });
    const engine = { kind: 'wasm', wasm: { bundle }, paths: [{ path: 'seen/decision' }] };
    server = await startPortcullis({ config: { engine, ...config } });
    client = connectRaw(server.grpcAddress);
  });
  afterAll(async () => {
    client?.close();
    await server?.stop();
  });
  return () => async (request) => decodeResponse(await client.check(request)) as Answer;
}

function pathOf({ dynamicMetadata }: Answer): unknown {
  return JSON.parse(dynamicMetadata?.input ?? '{}').parsed_path;
}

function get(path: string): Buffer {
  return Buffer.from(encodeRequest({ attributes: { request: { http: { method: 'GET', path } } } }));
}

/** Field numbers that no release of Envoy has, in each wire type. */
const unknownFields = Buffer.concat([
  Buffer.from([0xa0, 0x06, 0x01]),
  Buffer.from([0xaa, 0x06, 0x03, 0x61, 0x62, 0x63]),
  Buffer.from([0xb5, 0x06, 1, 2, 3, 4]),
  Buffer.from([0xb9, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]),
  Buffer.from([0xc3, 0x06, 0x08, 0x01, 0xc4, 0x06]),
]);

function inside(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(field << 3) | 2, bytes.length]), bytes]);
}

describe('H2 fields that one side does not know', () => {
  const check = useAdapter({});

  test.each([
    ['the request', unknownFields],
    ['its attributes', inside(1, unknownFields)],
    ['their request', inside(1, inside(4, unknownFields))],
    ['the HTTP request', inside(1, inside(4, inside(2, unknownFields)))],
  ])('H2 in %s Portcullis passes over them: the same decision about the same input', async (_place, extra) => {
    for (const path of ['/yes', '/no']) {
      const without = await check()(get(path));
      const withThem = await check()(Buffer.concat([get(path), extra]));
      expect(withThem.status.code).toBe(without.status.code);
      expect(withThem.dynamicMetadata?.input).toBe(without.dynamicMetadata?.input);
    }
  });

  test('H2 in a response Envoy passes over them: an allow stays one, a denial stays one', async () => {
    const denied = Buffer.from([0x0a, 0x02, 0x08, 0x07]);
    const server = await misbehaving(message(Buffer.concat([allowed, unknownFields, inside(3, unknownFields)])));
    const front = await startFront(server.address);
    expect((await front.send('/cars')).status).toBe(200);
    server.answer(message(Buffer.concat([denied, unknownFields, inside(2, unknownFields)])));
    expect((await front.send('/cars')).status).toBe(403);
  });
});

const paths = recording.input.filter(({ group }) => group === 'path');
const recordedPath = ({ input }: (typeof paths)[number]) =>
  input === undefined ? undefined : JSON.parse(input).parsed_path;

describe('H3 the recorded requests of opa-envoy-plugin', () => {
  const ours = useAdapter({});
  const keeping = useAdapter({ input: { encoded_slashes: 'keep' } });
  const theirs = useAdapter({ compatibility: 'opa-envoy-plugin' });

  test('H3 in its own mode each path is what it made of it', async () => {
    for (const recorded of paths) {
      const answer = await theirs()(Buffer.from(encodeRequest(recorded.request)));
      expect(pathOf(answer), recorded.name).toEqual(recordedPath(recorded));
    }
    expect(paths.length).toBeGreaterThan(20);
  });

  test('H3 by default each path is the same or refused with 400: never another path', async () => {
    const verdicts = { same: 0, refused: 0 };
    for (const recorded of paths) {
      const answer = await ours()(Buffer.from(encodeRequest(recorded.request)));
      const refused = answer.deniedResponse?.status?.code === 'BadRequest';
      verdicts[refused ? 'refused' : 'same'] += 1;
      if (!refused) expect(pathOf(answer), recorded.name).toEqual(recordedPath(recorded));
    }
    expect(verdicts.same).toBeGreaterThan(0);
    expect(verdicts.refused).toBeGreaterThan(0);
  });

  test('H3 the documented difference: it decodes before it splits, we split before we decode', async () => {
    const request = get('/a%2Fb');
    expect(pathOf(await theirs()(request))).toEqual(['a', 'b']);
    expect(pathOf(await keeping()(request))).toEqual(['a/b']);
    expect((await ours()(request)).deniedResponse?.status?.code).toBe('BadRequest');
  });
});
