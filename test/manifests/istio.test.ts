import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { findTool } from '../../scripts/tools/find-tool.js';
import { runCommand } from '../../scripts/tools/run-command.js';
import { repository } from '../support/portcullis-server.js';
import { temporaryFolder } from '../support/process.js';
import { type KubernetesObject, objectsIn, renderKustomize } from './support/render.js';

// What Istio itself says of the objects, and of the configuration that its page tells readers to write.

async function istioctl(args: readonly string[], input: string) {
  const folder = await temporaryFolder();
  try {
    const file = join(folder.path, 'input.yaml');
    await writeFile(file, input);
    return await runCommand(
      await findTool('istioctl'),
      args.map((arg) => (arg === 'FILE' ? file : arg)),
    );
  } finally {
    await folder.remove();
  }
}

/** The messages of `istioctl analyze`, the least included. */
async function analyze(objects: readonly object[]): Promise<readonly string[]> {
  const input = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  const args = ['analyze', '--use-kube=false', '--all-namespaces', '--output', 'json', 'FILE'];
  const { code, stdout, stderr } = await istioctl(args, input);
  if (code !== 0) throw new Error(`istioctl: ${stderr}`);
  const messages = JSON.parse(stdout) as { level: string; origin: string; message: string }[];
  return messages.map(({ level, origin, message }) => `${level}: ${origin}: ${message}`);
}

const isPolicy = ({ kind }: KubernetesObject) => kind === 'AuthorizationPolicy';

describe.each(['istio-sidecar', 'istio-gateway', 'istio-waypoint'])('k8s/components/%s', (component) => {
  test('istioctl analyze has nothing to say', async () => {
    const objects = await renderKustomize('overlays/service', [`components/${component}`]);
    expect(objects.filter(isPolicy)).toHaveLength(1);
    expect(await analyze(objects)).toEqual([]);
  });

  test('and would have, of a policy that names no provider', async () => {
    const objects = await renderKustomize('overlays/service', [`components/${component}`]);
    const without = objects
      .filter(isPolicy)
      .map((object) => ({ ...object, spec: { ...(object.spec as object), provider: undefined } }));
    expect(await analyze(without)).toEqual([expect.stringMatching(/^Error: .*`provider.name` must not be empty/)]);
  });
});

describe('the mesh configuration of docs/deployment/istio.md', () => {
  async function installed(change: (text: string) => string = (text) => text) {
    const page = await readFile(join(repository, 'docs', 'deployment', 'istio.md'), 'utf8');
    const [, block = ''] = /```yaml\n(meshConfig:\n[^`]*)```/.exec(page) ?? [];
    const spec = { profile: 'minimal', ...parse(change(block)) };
    const operator = { apiVersion: 'install.istio.io/v1alpha1', kind: 'IstioOperator', spec };
    return istioctl(['manifest', 'generate', '--filename', 'FILE'], stringify(operator));
  }

  test('is what Istio then has', async () => {
    const { code, stdout, stderr } = await installed();
    expect([code, stderr]).toEqual([0, '']);
    const config = objectsIn(stdout).find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'istio');
    expect(parse(config?.data?.['mesh'] ?? '')).toMatchObject({
      extensionProviders: [
        {
          name: 'portcullis',
          envoyExtAuthzGrpc: {
            service: 'portcullis.portcullis.svc.cluster.local',
            port: 9191,
            timeout: '0.25s',
            statusOnError: '503',
            failOpen: false,
          },
        },
      ],
    });
  });

  test('a duration that is none is refused', async () => {
    const { code, stderr } = await installed((text) => text.replace('0.25s', 'a moment'));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/bad Duration/)]);
  });
});
