import { chmod, cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { as } from '../e2e/callers.js';
import { eventually } from '../support/eventually.js';
import { jsonLines } from '../support/json-lines.js';
import { repository } from '../support/portcullis-server.js';
import { temporaryFolder } from '../support/process.js';
import { requestCases, requestOf } from '../support/request-rows.js';
import { bringUp, type Project, type ProjectOptions } from './support/compose.js';
import { crash } from './support/docker.js';
import { report } from './support/report.js';

interface Shape extends ProjectOptions {
  readonly title: string;
  /** What it consists of, and how each part is called. */
  readonly envoy: string;
  readonly portcullis: string;
  readonly opa?: string;
  readonly oneShot: readonly string[];
}

const shapes: readonly Shape[] = [
  {
    title: 'docker compose up --wait',
    port: 'GATEWAY_PORT',
    envoy: 'envoy',
    portcullis: 'portcullis',
    opa: 'opa',
    oneShot: ['policies'],
  },
  {
    title: 'docker compose up --wait envoy-embedded',
    port: 'EMBEDDED_PORT',
    services: ['envoy-embedded'],
    envoy: 'envoy-embedded',
    portcullis: 'portcullis-embedded',
    oneShot: [],
  },
  {
    title: 'docker compose up --wait nginx',
    port: 'NGINX_PORT',
    services: ['nginx'],
    envoy: 'nginx',
    portcullis: 'portcullis-nginx',
    oneShot: [],
  },
];

const patient = { within: 45_000, every: 100 };
const anonymousWrite = ['/v1/admin/users/t', { method: 'POST' }] as const;

describe.each(shapes)('$title', ({ title, envoy, portcullis, opa, oneShot, ...options }) => {
  let project: Project;
  const running = [envoy, portcullis, ...(opa === undefined ? [] : [opa]), 'backend'];

  beforeAll(async () => {
    project = await bringUp(options);
    report(`${title}, images built`, `${project.startTime} ms`);
  }, 900_000);
  afterAll(() => project?.down(), 120_000);

  const container = async (service: string) => {
    const found = (await project.containers()).get(service);
    if (found === undefined) throw new Error(`${service} has no container`);
    return found;
  };
  const health = async (service: string) => (await container(service)).State.Health?.Status;
  const allHealthy = () =>
    eventually(async () => {
      for (const service of running) expect(await health(service), service).toBe('healthy');
      expect(await project.statusOf('/cars')).toBe(200);
    }, patient);

  test('A-89 F-03 it has these services and no other, healthy or done', async () => {
    const containers = await project.containers();
    expect([...containers.keys()].sort()).toEqual([...running, ...oneShot].sort());
    for (const service of running) expect(await health(service), service).toBe('healthy');
    for (const service of oneShot) expect((await container(service)).State, service).toMatchObject({ ExitCode: 0 });
  });

  test('A-86 A-88 B-10 Envoy is published, on loopback, and nothing else is', async () => {
    for (const [service, { HostConfig: host }] of await project.containers()) {
      const bindings = Object.values(host.PortBindings ?? {}).flat();
      if (service === envoy) expect(bindings).toEqual([{ HostIp: '127.0.0.1', HostPort: new URL(project.url).port }]);
      else expect(bindings, service).toEqual([]);
    }
    for (const service of [...(opa === undefined ? [] : [opa]), ...oneShot]) {
      expect((await container(service)).HostConfig.NetworkMode, service).toBe('none');
    }
    expect((await container(portcullis)).HostConfig.NetworkMode).toMatch(/_metrics$/);
  });

  test('A-80 A-91 each container runs hardened', async () => {
    for (const [service, { Config: config, HostConfig: host }] of await project.containers()) {
      expect(config.User, service).toMatch(/^[1-9]\d*(:[1-9]\d*)?$/);
      expect(host, service).toMatchObject({ ReadonlyRootfs: true, Privileged: false, CapDrop: ['ALL'], CapAdd: null });
      expect(host.SecurityOpt, service).toContain('no-new-privileges:true');
      for (const limit of [host.Memory, host.NanoCpus, host.PidsLimit]) expect(limit, service).toBeGreaterThan(0);
    }
  });

  test.each(requestCases)('$ids $method $path by $person is $code', async ({ code, ...request }) => {
    expect((await project.send(request.path, requestOf({ ...request, code }))).status).toBe(code);
  });

  test('killed and kept down, the backend cannot be reached; who is denied is still denied', async () => {
    await project.compose(['kill', 'backend']);
    await eventually(async () => expect(await project.statusOf('/cars')).toBe(503), patient);
    expect(await project.statusOf(...anonymousWrite)).toBe(401);
    await project.compose(['start', 'backend']);
    await allHealthy();
  });

  test('killed and kept down, Portcullis lets nobody through', async () => {
    await project.compose(['kill', portcullis]);
    await eventually(async () => expect(await project.statusOf('/cars')).toBe(503), patient);
    expect(await project.statusOf('/cars', { headers: as('alice') })).toBe(503);
    expect(await project.statusOf('/health/liveness')).toBe(200);
    await project.compose(['start', portcullis]);
    await allHealthy();
    expect(await project.statusOf(...anonymousWrite)).toBe(401);
  });

  test.runIf(opa !== undefined)(
    'killed and kept down, OPA leaves Portcullis unhealthy and everybody outside',
    async () => {
      await project.compose(['kill', 'opa']);
      await eventually(async () => expect(await project.statusOf('/cars')).toBe(503), patient);
      await eventually(async () => expect(await health(portcullis)).toBe('unhealthy'), patient);
      expect(await project.statusOf('/cars', { headers: as('alice') })).toBe(503);
      await project.compose(['start', 'opa']);
      await allHealthy();
      expect(await project.statusOf(...anonymousWrite)).toBe(401);
    },
    120_000,
  );

  test.each(running)(
    '%s comes back by itself when it crashes, and meanwhile nobody is let through who should not be',
    async (service) => {
      const before = await container(service);
      await crash(before.Name.slice(1));
      const seen = new Set<number | 'refused'>();
      await eventually(async () => {
        seen.add(await project.statusOf(...anonymousWrite));
        const now = await container(service);
        expect([now.RestartCount, now.State.Status]).toEqual([before.RestartCount + 1, 'running']);
      }, patient);
      await allHealthy();
      seen.add(await project.statusOf(...anonymousWrite));
      for (const status of seen) expect([401, 503, 'refused']).toContain(status);
      expect(await project.statusOf(...anonymousWrite)).toBe(401);
    },
  );

  test.runIf(opa !== undefined)(
    'A-87 a changed policy is in force once it is packed; one that does not compile is not',
    async () => {
      const folder = await temporaryFolder();
      onTestFinished(() => folder.remove());
      await cp(join(repository, 'policies'), folder.path, { recursive: true });
      await chmod(folder.path, 0o755);
      const source = join(folder.path, 'demo', 'authz.rego');
      const pack = () => project.compose(['run', '--rm', 'policies'], { POLICIES: folder.path });
      const kelly = () => project.statusOf('/demo', { headers: as('kelly') });

      expect(await kelly()).toBe(403);
      await writeFile(source, (await readFile(source, 'utf8')).replace('"alice"', '"kelly"'));
      await pack();
      await eventually(async () => expect(await kelly()).toBe(200), patient);
      const decisions = jsonLines((await project.compose(['logs', '--no-log-prefix', portcullis])).split('\n'));
      const revisions = decisions.filter(({ path }) => path === '/demo').map(({ revision }) => revision);
      expect(new Set(revisions).size).toBe(2);

      await writeFile(source, 'package authz\n\nallow if\n');
      await expect(pack()).rejects.toThrow(/rego_parse_error/);
      expect(await kelly()).toBe(200);
    },
  );

  test('taken down, it leaves no container, volume, network or image', async () => {
    await project.down();
    expect(await project.leftovers()).toBe('');
  });
});
