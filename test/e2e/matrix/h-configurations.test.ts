import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { EnvoyConfig } from '../../../scripts/demo/envoy-config.js';
import { findEnvoyVersion, findTool } from '../../../scripts/tools/find-tool.js';
import { validate, validateFile } from '../../contract/envoy/validate.js';
import { repository } from '../../support/portcullis-server.js';
import { allowed, message } from './support/check-answers.js';
import { misbehaving, startFront } from './support/front.js';
import { gatewayOf } from './support/gateway.js';
import { oldestEnvoy } from './support/versions.js';

const folder = join(repository, 'envoy');
const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
const releases = [
  ['the pinned Envoy', () => findTool('envoy')],
  [`Envoy ${oldestEnvoy}`, () => findEnvoyVersion(oldestEnvoy)],
] as const;

describe.each(releases)('%s', (_name, program) => {
  test.each(files)('H4 %s is accepted without any warning', async (name) => {
    const { accepted, log } = await validateFile(join(folder, name), await program());
    expect(accepted, log).toBe(true);
    expect(log.replace(/^configuration .* OK$/m, '').trim()).toBe('');
  });

  test('H5 transport_api_version V2 is refused', async () => {
    const config = parse(await readFile(join(folder, 'gateway.yaml'), 'utf8')) as EnvoyConfig;
    gatewayOf(config).extAuthz['transport_api_version'] = 'V2';
    const { accepted, log } = await validate(config, await program());
    expect(accepted).toBe(false);
    expect(log).toContain('no longer supported');
  });

  test.each(['AUTO', undefined])(
    'H5 transport_api_version %s is no error: it means V3, and Portcullis is asked',
    async (version) => {
      const server = await misbehaving(message(allowed));
      const front = await startFront(server.address, {
        program: await program(),
        change: ({ extAuthz }) => {
          delete extAuthz['transport_api_version'];
          if (version !== undefined) extAuthz['transport_api_version'] = version;
        },
      });
      expect((await front.send('/cars')).status).toBe(200);
      expect(server.checks()).toBe(1);
    },
  );
});
