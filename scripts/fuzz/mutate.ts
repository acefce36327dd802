import type { Random } from './random.js';

/** Longer inputs take longer and find nothing more. */
const longest = 2048;

export interface MutationSources {
  readonly random: Random;
  readonly dictionary: readonly Buffer[];
  /** What the input may be crossed with. */
  readonly corpus: readonly Buffer[];
}

type Mutation = (bytes: Buffer, sources: MutationSources) => Buffer;

const boundaries = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x20, 0x0a, 0x0d, 0x22, 0x25, 0x2f, 0x5c, 0x7b, 0x5b];

const mutations: readonly Mutation[] = [
  (bytes, { random }) => replace(bytes, random.below(bytes.length), 1, Buffer.of(random.below(256))),
  (bytes, { random }) => replace(bytes, random.below(bytes.length), 1, Buffer.of(random.of(boundaries))),
  (bytes, { random }) => {
    const at = random.below(bytes.length);
    return replace(bytes, at, 1, Buffer.of((bytes[at] ?? 0) ^ (1 << random.below(8))));
  },
  (bytes, { random }) => {
    const at = random.below(bytes.length);
    return replace(bytes, at, 1, Buffer.of(((bytes[at] ?? 0) + random.of([1, -1, 5, -5])) & 0xff));
  },
  (bytes, { random }) => replace(bytes, random.below(bytes.length + 1), 0, Buffer.of(random.below(256))),
  (bytes, { random }) => replace(bytes, random.below(bytes.length), 1 + random.below(8), Buffer.alloc(0)),
  (bytes, { random }) => replace(bytes, random.below(bytes.length + 1), random.below(3), piece(bytes, random)),
  (bytes, { dictionary, random }) =>
    dictionary.length === 0 ? bytes : replace(bytes, random.below(bytes.length + 1), 0, random.of(dictionary)),
  (bytes, { dictionary, random }) => {
    const word = dictionary.length === 0 ? Buffer.alloc(0) : random.of(dictionary);
    return replace(bytes, random.below(bytes.length), word.length, word);
  },
  (bytes, { corpus, random }) => {
    const other = random.of(corpus);
    return Buffer.concat([
      bytes.subarray(0, random.below(bytes.length + 1)),
      other.subarray(random.below(other.length)),
    ]);
  },
  (bytes, { corpus, random }) => replace(bytes, random.below(bytes.length + 1), 0, piece(random.of(corpus), random)),
];

/** The input with one to a few changes. */
export function mutate(bytes: Buffer, sources: MutationSources): Buffer {
  let mutated = bytes;
  const count = 1 << sources.random.below(4);
  for (let change = 0; change < count; change += 1) mutated = sources.random.of(mutations)(mutated, sources);
  return mutated.subarray(0, longest);
}

function replace(bytes: Buffer, at: number, length: number, by: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + length)]);
}

function piece(bytes: Buffer, random: Random): Buffer {
  const start = random.below(bytes.length);
  return bytes.subarray(start, start + 1 + random.below(16));
}
