import { layer } from '../../src/config/layers.js';
import type { ConfigFile } from './portcullis-server.js';

/** A means to answer faster that can be switched off: it must not change an answer. */
export interface Accelerator {
  readonly name: string;
  readonly engine: 'wasm' | 'opa' | 'both';
  readonly on: ConfigFile;
  readonly off: ConfigFile;
}

/** All of them. What has no switch, the reading of headers where they lie and of ASCII text, depends on the message. */
export const accelerators: readonly Accelerator[] = [
  {
    name: 'the lean gRPC server',
    engine: 'both',
    on: { grpc: { server: 'http2' } },
    off: { grpc: { server: 'grpc-js' } },
  },
  {
    name: 'what the policy reads',
    engine: 'wasm',
    on: { engine: { projection: true } },
    off: { engine: { projection: false } },
  },
  {
    name: 'results and verdicts remembered',
    engine: 'both',
    on: { engine: { result_memory: true } },
    off: { engine: { result_memory: false } },
  },
  {
    name: 'the decision cache',
    engine: 'both',
    on: { engine: { cache: { enabled: true } } },
    off: { engine: { cache: { enabled: false } } },
  },
  {
    name: 'what the policy of an OPA server reads',
    engine: 'opa',
    on: { engine: { opa: { projection: true } } },
    off: { engine: { opa: { projection: false } } },
  },
  {
    name: 'batches',
    engine: 'opa',
    on: { engine: { opa: { batch: { max_size: 16, in_flight: 1 } } } },
    off: { engine: { opa: { batch: { max_size: 1 } } } },
  },
];

/** Configurations of an engine: all accelerators off, all on, and each of them the one that is on or off. */
export function accelerated(engine: 'wasm' | 'opa'): readonly (readonly [title: string, config: ConfigFile])[] {
  const own = accelerators.filter((one) => one.engine === engine || one.engine === 'both');
  const switched = (isOn: (one: Accelerator) => boolean) =>
    own.map((one) => (isOn(one) ? one.on : one.off)).reduce<unknown>(layer, {}) as ConfigFile;
  return [
    ['everything off', switched(() => false)],
    ['everything on', switched(() => true)],
    ...own.map(({ name }) => [`only ${name}`, switched((one) => one.name === name)] as const),
    ...own.map(({ name }) => [`all but ${name}`, switched((one) => one.name !== name)] as const),
  ];
}
