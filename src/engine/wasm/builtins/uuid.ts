import { any, type BuiltinContext, type Builtins, builtin, string } from './builtin.js';
import { numberFromBigInt } from './rego/number.js';
import { printValue } from './rego/print-value.js';
import { objectOf, type RegoObject, type RegoValue } from './rego/rego-value.js';

/** 100-nanosecond intervals between the calendar reform of 1582, from which UUIDs count, and 1970. */
const gregorianOffset = 122_192_928_000_000_000n;

export function uuidBuiltins(context: BuiltinContext): Builtins {
  return {
    'uuid.rfc4122': builtin([any], (key) => randomUuid(context.random(`uuid.rfc4122 ${printValue(key)}`))),
    'uuid.parse': builtin([string], parseUuid),
  };
}

function randomUuid(random: Uint8Array): string {
  const bytes = Buffer.from(random);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Plain, with `urn:uuid:` before it, in braces, or without hyphens. */
function readUuid(text: string): Buffer | undefined {
  const plain = text.length === 38 ? text.slice(1, 37) : text.replace(/^urn:uuid:/i, '');
  const hyphenated = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(plain);
  return hyphenated || /^[0-9a-f]{32}$/i.test(text) ? Buffer.from(plain.replaceAll('-', ''), 'hex') : undefined;
}

function parseUuid(text: string): RegoObject | undefined {
  const uuid = readUuid(text);
  if (uuid === undefined) return undefined;
  const version = uuid.readUInt8(6) >> 4;
  const members: [string, RegoValue][] = [
    ['version', version],
    ['variant', variantOf(uuid)],
  ];
  if (version === 1 || version === 2) members.push(...timeMembers(uuid));
  if (version === 2) members.push(['id', uuid.readUInt32BE(0)], ['domain', domainOf(uuid.readUInt8(9))]);
  return objectOf(members);
}

function variantOf(uuid: Buffer): string {
  const bits = uuid.readUInt8(8) >> 5;
  if (bits < 4) return 'Reserved';
  if (bits < 6) return 'RFC4122';
  return bits === 6 ? 'Microsoft' : 'Future';
}

function timeMembers(uuid: Buffer): [string, RegoValue][] {
  const high = BigInt(uuid.readUInt16BE(6) & 0x0fff);
  const ticks = BigInt(uuid.readUInt32BE(0)) | (BigInt(uuid.readUInt16BE(4)) << 32n) | (high << 48n);
  const node = uuid.subarray(10);
  return [
    ['time', numberFromBigInt(BigInt.asIntN(64, (ticks - gregorianOffset) * 100n))],
    ['nodeid', Array.from(node, (byte) => byte.toString(16).padStart(2, '0')).join('-')],
    ['macvariables', macVariables(node.readUInt8(0))],
    ['clocksequence', uuid.readUInt16BE(8) & 0x3fff],
  ];
}

function macVariables(first: number): string {
  return `${first & 2 ? 'local' : 'global'}:${first & 1 ? 'multicast' : 'unicast'}`;
}

function domainOf(domain: number): string {
  return ['Person', 'Group', 'Org'][domain] ?? `Domain${domain}`;
}
