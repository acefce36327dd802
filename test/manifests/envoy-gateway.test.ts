import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { as } from '../e2e/callers.js';
import { type BackendServer, startBackend } from '../support/backend-server.js';
import { createAuthority } from '../support/certificates.js';
import { type EnvoyServer, startEnvoy } from '../support/envoy-server.js';
import { echoedHeader, send, sendForEcho } from '../support/http.js';
import { type PortcullisServer, repository, startPortcullis } from '../support/portcullis-server.js';
import { printLogsOnFailure, temporaryFolder } from '../support/process.js';
import { requestCases, requestOf } from '../support/request-rows.js';
import { type Translation, translate } from './support/envoy-gateway.js';
import { type KubernetesObject, renderKustomize } from './support/render.js';

// Envoy Gateway itself, as far as it runs without a cluster: it translates the objects, and what comes out serves
// requests in a real Envoy with a real Portcullis behind it. Only addresses are other ones.

const namespace = 'portcullis';
const clusters = {
  backend: 'httproute/portcullis/backend/rule/0',
  probes: 'httproute/portcullis/probes/rule/0',
  portcullis: 'securitypolicy/portcullis/portcullis/extauth/0',
};
/** All but those of /demo, which another decision path answers. */
const cases = requestCases.filter(({ path }) => !path.startsWith('/demo'));

/** The objects as they stand in a cluster: beside the user's own backend, and with addresses. */
async function inCluster(...components: readonly string[]): Promise<readonly KubernetesObject[]> {
  const backend = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'backend', namespace },
    spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
  const rendered = await renderKustomize('overlays/service', components);
  return [...rendered, backend].map((object, index) =>
    object.kind === 'Service'
      ? { ...object, spec: { clusterIP: `10.96.0.${index}`, ...(object.spec as object) } }
      : object,
  );
}

const refusedConditions = ({ conditions }: Translation) =>
  Object.entries(conditions).flatMap(([object, list]) =>
    list.filter(({ status }) => status !== 'True').map(({ type, message }) => `${object} ${type}: ${message}`),
  );

const portcullisConfig = {
  engine: {
    kind: 'wasm',
    timeout: '2s',
    paths: [
      { path: 'envoy/authz/allow', shape: 'envoy' },
      { path: 'authz/allow', shape: 'http-api' },
    ],
  },
  identity: { sources: [{ kind: 'token-file', file: join(repository, 'examples', 'tokens.yaml') }] },
};

/** Runs what Envoy Gateway would send. A busy machine needs longer than the shipped time. */
function startTranslated({ config }: Translation, backend: BackendServer, portcullis: PortcullisServer) {
  const text = JSON.stringify(config);
  expect(text).toContain('"timeout":"0.250s"');
  return startEnvoy({
    config: JSON.parse(text.replace('"timeout":"0.250s"', '"timeout":"4s"')),
    clusters: {
      [clusters.backend]: backend.address,
      [clusters.probes]: backend.address,
      [clusters.portcullis]: portcullis.grpcAddress,
    },
  });
}

describe('k8s/components/envoy-gateway, translated by Envoy Gateway', () => {
  let translation: Translation;
  let backend: BackendServer;
  let portcullis: PortcullisServer;
  let envoy: EnvoyServer;

  printLogsOnFailure();
  beforeAll(async () => {
    translation = await translate(await inCluster('components/envoy-gateway'));
    backend = await startBackend();
    portcullis = await startPortcullis({ config: portcullisConfig });
    envoy = await startTranslated(translation, backend, portcullis);
  });
  afterAll(async () => {
    await envoy?.stop();
    await portcullis?.stop();
    await backend?.stop();
  });

  test('every object is accepted', () => {
    expect(Object.keys(translation.conditions).sort()).toEqual([
      'ClientTrafficPolicy/gateway',
      'Gateway/gateway',
      'GatewayClass/envoy-gateway',
      'HTTPRoute/backend',
      'HTTPRoute/probes',
      'SecurityPolicy/portcullis',
      'SecurityPolicy/probes',
    ]);
    expect(refusedConditions(translation)).toEqual([]);
  });

  test.each(cases)('$ids $method $path by $person is $code', async ({ code, ...request }) => {
    expect((await send(envoy.url, request.path, requestOf({ ...request, code }))).status).toBe(code);
  });

  test('A-51 a header name with an underscore is refused with 400', async () => {
    expect((await send(envoy.url, '/cars', { headers: { USER_ROLES: 'ADMIN_ROLE' } })).status).toBe(400);
  });

  test('identity headers of the client reach neither the policy nor the backend', async () => {
    const forged = { 'x-user': 'admin', 'x-user-roles': 'ADMIN_ROLE' };
    const write = { method: 'POST', headers: forged };
    expect((await send(envoy.url, '/v1/admin/users/testuser', write)).status).toBe(401);
    const anonymous = await sendForEcho(envoy.url, '/cars', { headers: forged });
    expect([echoedHeader(anonymous, 'x-user'), echoedHeader(anonymous, 'x-user-roles')]).toEqual([[], []]);
    const known = await sendForEcho(envoy.url, '/cars', { headers: { ...forged, ...as('kelly') } });
    expect(echoedHeader(known, 'x-user')).toEqual(['kelly']);
  });

  test('A-13 only the exact paths of probes are free, and only to read', async () => {
    expect((await send(envoy.url, '/healthcare')).status).toBe(401);
    expect((await send(envoy.url, '/health/liveness/more')).status).toBe(401);
    expect((await send(envoy.url, '/health/liveness', { method: 'POST' })).status).toBe(401);
  });

  test('an escaped slash is refused before it is checked', async () => {
    expect((await send(envoy.url, '/cars%2f..%2ftrucks', { headers: as('alice') })).status).toBe(400);
  });

  test('without Portcullis nobody passes', async () => {
    const gone = await startPortcullis({ config: portcullisConfig });
    const other = await startTranslated(translation, backend, gone);
    onTestFinished(() => other.stop());
    await gone.stop();
    expect((await send(other.url, '/cars')).status).toBe(503);
    expect((await send(other.url, '/health/liveness')).status).toBe(200);
  });
});

test('a SecurityPolicy that names a Service that is not there opens nothing', async () => {
  const objects = await inCluster('components/envoy-gateway');
  const translation = await translate(
    objects.filter(({ kind, metadata }) => kind !== 'Service' || metadata.name === 'backend'),
  );
  expect(refusedConditions(translation)).toEqual([expect.stringMatching(/^SecurityPolicy\/portcullis Accepted: /)]);
  const backend = await startBackend();
  onTestFinished(() => backend.stop());
  const envoy = await startEnvoy({ config: translation.config });
  onTestFinished(() => envoy.stop());
  expect((await send(envoy.url, '/cars')).status).toBe(500);
});

describe('with k8s/components/envoy-gateway-tls', () => {
  test('Envoy asks over TLS, and only the Portcullis that the certificate names', async () => {
    const authority = createAuthority('Test authority');
    const trusted = {
      name: 'portcullis/portcullis-ca',
      validation_context: { trusted_ca: { inline_string: authority.cert } },
    };
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'portcullis-ca', namespace } };
    const objects = await inCluster('components/envoy-gateway', 'components/envoy-gateway-tls');
    const translation = await translate([...objects, { ...map, data: { 'ca.crt': authority.cert } }], [trusted]);
    expect(Object.keys(translation.conditions)).toContain('BackendTLSPolicy/portcullis');
    expect(refusedConditions(translation)).toEqual([]);

    const folder = await temporaryFolder();
    onTestFinished(() => folder.remove());
    const backend = await startBackend();
    onTestFinished(() => backend.stop());
    const statusWith = async (name: string) => {
      const { cert, key } = authority.issue(name, { names: [['dns', name]] });
      const tls = { cert: join(folder.path, 'tls.crt'), key: join(folder.path, 'tls.key') };
      await writeFile(tls.cert, cert);
      await writeFile(tls.key, key);
      const portcullis = await startPortcullis({ config: { ...portcullisConfig, grpc: { tls } } });
      onTestFinished(async () => void (await portcullis.stop()));
      const envoy = await startTranslated(translation, backend, portcullis);
      onTestFinished(() => envoy.stop());
      return (await send(envoy.url, '/cars')).status;
    };
    expect(await statusWith('portcullis.portcullis.svc')).toBe(200);
    expect(await statusWith('another.portcullis.svc')).toBe(503);
  });
});
