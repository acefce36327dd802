import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Makes the secrets of the profile `auth` in the folder that is named, once: what is there stays. They are readable by
// the group of the volume alone.

const folder = process.argv[2];
const secret = () => randomBytes(32).toString('base64url');

function keep(name, text) {
  const file = join(folder, name);
  if (!existsSync(file)) writeFileSync(file, text, { mode: 0o440 });
}

if (!existsSync(join(folder, 'redis.conf'))) {
  const password = secret();
  keep('redis-password', password);
  keep('redis.conf', `bind * -::*\nprotected-mode yes\nrequirepass ${password}\nsave ""\nappendonly no\n`);
}
keep('postgres-password', secret());
keep('session-keys.yaml', `keys:\n  - { id: k1, secret_base64: "${randomBytes(32).toString('base64')}" }\n`);
