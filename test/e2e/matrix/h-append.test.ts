import { expect, test } from 'vitest';
import { findEnvoyVersion, findTool } from '../../../scripts/tools/find-tool.js';
import { echoedHeader } from '../../support/http.js';
import { printLogsOnFailure } from '../../support/process.js';
import { message } from './support/check-answers.js';
import { misbehaving, startFront } from './support/front.js';
import { oldestEnvoy, suspectedEnvoy } from './support/versions.js';

printLogsOnFailure();

/** An allow that sets `x-user: ours` and does not say whether it appends, as many servers write it. */
function unsaid(): Buffer {
  const inside = (field: number, bytes: Buffer) =>
    Buffer.concat([Buffer.from([(field << 3) | 2, bytes.length]), bytes]);
  const header = Buffer.concat([inside(1, Buffer.from('x-user')), inside(2, Buffer.from('ours'))]);
  return Buffer.concat([inside(1, Buffer.alloc(0)), inside(3, inside(2, inside(1, header)))]);
}

test.each([
  [suspectedEnvoy, () => findEnvoyVersion(suspectedEnvoy)],
  [oldestEnvoy, () => findEnvoyVersion(oldestEnvoy)],
  ['as pinned', () => findTool('envoy')],
])(
  'C6 the reported appending is not in Envoy %s: a header that says nothing of it replaces the one of the client',
  async (_release, program) => {
    const server = await misbehaving(message(unsaid()));
    const front = await startFront(server.address, {
      program: await program(),
      change: ({ connectionManager }) => {
        delete connectionManager['early_header_mutation_extensions'];
      },
    });
    const echo = await front.sendForEcho('/cars', { headers: { 'x-user': 'theirs' } });
    expect(echoedHeader(echo, 'x-user')).toEqual(['ours']);
  },
  180_000,
);
