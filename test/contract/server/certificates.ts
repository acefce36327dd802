import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate with its key, both as PEM. */
export interface Credential {
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Credential {
  issue(commonName: string): Credential;
}

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
    issue: (subject) => {
      const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return {
        key: pem(leaf.privateKey),
        cert: certificate({ subject, subjectKey: leaf.publicKey, issuer: commonName, issuerKey: key, ca: false }),
      };
    },
  };
}

interface Request {
  readonly subject: string;
  readonly subjectKey: KeyObject;
  readonly issuer: string;
  readonly issuerKey: string;
  readonly ca: boolean;
}

const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'));

function certificate({ subject, subjectKey, issuer, issuerKey, ca }: Request): string {
  const body = sequence(
    der(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ecdsaWithSha256,
    name(issuer),
    sequence(utcTime(-3_600_000), utcTime(86_400_000)),
    name(subject),
    subjectKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(basicConstraints(ca), subjectAltName())),
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

function subjectAltName(): Buffer {
  const names = sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.of(127, 0, 0, 1)));
  return sequence(objectId('551d11'), der(0x04, names));
}

function name(commonName: string): Buffer {
  return sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(commonName)))));
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
