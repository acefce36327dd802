import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate with its key, both as PEM. */
export interface Credential {
  readonly cert: string;
  readonly key: string;
}

/** Other than what a server certificate for this machine has. */
export interface LeafOptions {
  /** In order. None: no such extension. Default: `localhost` and 127.0.0.1. */
  readonly names?: readonly AlternativeName[];
  /** Before the common name, each attribute on its own. An empty common name is left out. */
  readonly subject?: readonly (readonly [attribute: keyof typeof attributeId, value: string])[];
  /** May issue certificates itself. */
  readonly ca?: boolean;
}

/** The value byte for byte as it stands in the certificate; of a string, one byte for each character. */
export type AlternativeName = readonly [kind: keyof typeof nameTag, value: string | Buffer];

export interface Authority extends Credential {
  issue(commonName: string, options?: LeafOptions): Credential;
}

const nameTag = { email: 0x81, dns: 0x82, directory: 0xa4, uri: 0x86, ip: 0x87, id: 0x88 } as const;
const attributeId = { CN: '550403', C: '550406', O: '55040a', OU: '55040b' } as const;
const thisMachine: readonly AlternativeName[] = [
  ['dns', 'localhost'],
  ['ip', Buffer.of(127, 0, 0, 1)],
];

/** A certificate authority for tests, without any program beside Node: X.509 written out as DER. */
export function createAuthority(commonName: string): Authority {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = pem(pair.privateKey);
  return {
    key,
    cert: certificate({
      subject: commonName,
      subjectKey: pair.publicKey,
      issuer: commonName,
      issuerKey: key,
      ca: true,
    }),
    issue: (subject, { ca = false, names = thisMachine, subject: attributes = [] } = {}) => {
      const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const parties = { subject, subjectKey: leaf.publicKey, issuer: commonName, issuerKey: key };
      return { key: pem(leaf.privateKey), cert: certificate({ ...parties, ca, names, attributes }) };
    },
  };
}

interface Request {
  readonly subject: string;
  readonly subjectKey: KeyObject;
  readonly issuer: string;
  readonly issuerKey: string;
  readonly ca: boolean;
  readonly names?: readonly AlternativeName[];
  readonly attributes?: LeafOptions['subject'];
}

const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'));

function certificate(request: Request): string {
  const { subject, subjectKey, issuer, issuerKey, ca, names = thisMachine, attributes = [] } = request;
  const extensions = [basicConstraints(ca), ...(names.length === 0 ? [] : [subjectAltName(names)])];
  const body = sequence(
    der(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ecdsaWithSha256,
    name(issuer),
    sequence(utcTime(-3_600_000), utcTime(86_400_000)),
    name(subject, attributes),
    subjectKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, createPrivateKey(issuerKey));
  const whole = sequence(body, ecdsaWithSha256, der(0x03, Buffer.concat([Buffer.of(0), signature])));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function basicConstraints(ca: boolean): Buffer {
  const critical = der(0x01, Buffer.of(0xff));
  const value = ca ? sequence(der(0x01, Buffer.of(0xff))) : sequence();
  return sequence(objectId('551d13'), critical, der(0x04, value));
}

function subjectAltName(names: readonly AlternativeName[]): Buffer {
  const entries = names.map(([kind, value]) => der(nameTag[kind], bytes(value)));
  return sequence(objectId('551d11'), der(0x04, sequence(...entries)));
}

function bytes(value: string | Buffer): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
}

function name(commonName: string, before: NonNullable<LeafOptions['subject']> = []): Buffer {
  const all = commonName === '' ? before : [...before, ['CN', commonName] as const];
  return sequence(...all.map(([attribute, value]) => der(0x31, relativeName(attributeId[attribute], value))));
}

function relativeName(id: string, value: string): Buffer {
  return sequence(objectId(id), der(0x0c, Buffer.from(value)));
}

function utcTime(fromNow: number): Buffer {
  const digits = new Date(Date.now() + fromNow).toISOString().replace(/[-:T]|\..*/g, '');
  return der(0x17, Buffer.from(`${digits.slice(2)}Z`));
}

function integer(value: Buffer): Buffer {
  return der(0x02, value);
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, content: Buffer): Buffer {
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.of(tag, ...length), content]);
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
