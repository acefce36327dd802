import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Makes the bucket of the profile `bundles`, the credentials that open it, and the key pair of its signatures, once:
// what is there stays. The store reads credentials as variables, its clients as the file that Amazon's tools read. The
// private key lies where only who publishes sees it.

const [secrets, signing, store] = process.argv.slice(2);
for (const folder of ['data/policies', 'sidecar/policies']) mkdirSync(join(store, folder), { recursive: true });

const write = (folder, name, text) => writeFileSync(join(folder, name), text, { mode: 0o440 });

if (!existsSync(join(secrets, 'credentials'))) {
  const id = `portcullis-${randomBytes(6).toString('hex')}`;
  const key = randomBytes(32).toString('base64url');
  write(secrets, 'store.env', `export ROOT_ACCESS_KEY=${id} ROOT_SECRET_KEY=${key}\n`);
  write(secrets, 'credentials', `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${key}\n`);
}
if (!existsSync(join(signing, 'signing.pem'))) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  write(signing, 'signing.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }));
  write(secrets, 'release.pub', publicKey.export({ type: 'spki', format: 'pem' }));
}
