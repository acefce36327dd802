import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { layer } from '../../../src/config/layers.js';
import { eventually } from '../../support/eventually.js';
import { startOpa } from '../../support/opa-server.js';
import { buildBundle } from '../../support/policy-bundle.js';
import {
  type ConfigFile,
  type PortcullisServer,
  repository,
  startPortcullis,
} from '../../support/portcullis-server.js';
import { createClient, type RawClient } from '../server/grpc-client.js';

export type EngineKind = 'opa' | 'wasm';

export const engineKinds: readonly EngineKind[] = ['opa', 'wasm'];

/** The policy of the recording: returns the decision that the request brings with it, else shows the input. */
export const recordingPolicy = join(repository, 'test/fixtures/peer/policy.rego');

/** Something that asks a policy, until it is stopped. */
export interface PolicyServer {
  /** Portcullis over this policy; `config` is laid over its engine. */
  serve(config: ConfigFile): Promise<Served>;
  stop(): Promise<void>;
}

export interface Served {
  readonly client: RawClient;
  /** Puts another configuration into force without a restart, for what SIGHUP can change. */
  reconfigure(config: ConfigFile): Promise<void>;
}

const decisionPath = 'envoy/authz/allow';

/** Prepares the policy once for any number of servers with different configurations. */
export async function preparePolicy(kind: EngineKind, policy = recordingPolicy): Promise<PolicyServer> {
  const stops: (() => Promise<unknown>)[] = [];
  const engine = await engineConfig(kind, policy, stops);
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  return {
    serve: async (config) => {
      const paths = [{ path: decisionPath }];
      // The default deadline is for production; here several programs share the machine with other tests.
      const whole = (own: ConfigFile) => layer({ engine: { ...engine, paths, timeout: '10s' } }, own) as ConfigFile;
      // After a set-up that failed, nothing else would stop what already runs.
      const portcullis = await startPortcullis({ config: whole(config) }).catch(async (error: unknown) => {
        await stop();
        throw error;
      });
      const client = createClient(portcullis.grpcAddress);
      stops.push(async () => {
        client.close();
        await portcullis.kill();
      });
      return { client, reconfigure: (next) => reload(portcullis, whole(next)) };
    },
    stop,
  };
}

async function reload(portcullis: PortcullisServer, config: ConfigFile): Promise<void> {
  const before = await reloads(portcullis);
  await portcullis.writeConfig(config);
  portcullis.signal('SIGHUP');
  await eventually(async () => {
    const now = await reloads(portcullis);
    if (now.refused > before.refused) throw new Error(`refused: ${portcullis.child.stderr.at(-1)}`);
    if (now.applied === before.applied) throw new Error('not read again');
  });
}

async function reloads(portcullis: PortcullisServer): Promise<Record<'applied' | 'refused', number>> {
  const metrics = await portcullis.metrics();
  const count = (result: string) =>
    Number(new RegExp(`^portcullis_config_reloads_total\\{[^}]*${result}[^}]*\\} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0);
  return { applied: count('applied'), refused: count('refused') };
}

async function engineConfig(kind: EngineKind, policy: string, stops: (() => Promise<unknown>)[]): Promise<ConfigFile> {
  if (kind === 'wasm') {
    const rego = await readFile(policy, 'utf8');
    return { kind, wasm: { bundle: await buildBundle({ rego, entrypoints: [decisionPath] }) } };
  }
  const opa = await startOpa({ files: [policy] });
  stops.push(() => opa.kill());
  return { kind, opa: { url: opa.url } };
}
