import { fail, ok, type Result } from '../../errors/result.js';
import type { BundleStore } from '../../policy/store/bundle-store.js';
import { openStore, parseStore } from '../../policy/store/open-store.js';
import type { BundleArguments } from './arguments.js';
import { readWhole } from './files.js';

const longestToken = 16 * 1024;

/** Does something with the store that `--to` names. */
export async function withStore<Value>(
  { options }: BundleArguments,
  work: (store: BundleStore) => Promise<Result<Value>>,
): Promise<Result<Value>> {
  const place = parseStore(options.to);
  if (!place.ok) return fail(`--to: ${place.error}`);
  const token = await readToken(options.tokenFile);
  if (!token.ok) return token;
  const store = await openStore(place.value, { token: () => Promise.resolve(token.value) });
  try {
    return await work(store);
  } finally {
    store.close();
  }
}

async function readToken(file: string | undefined): Promise<Result<string | undefined>> {
  if (file === undefined) return ok(undefined);
  const content = await readWhole(file, longestToken);
  return content.ok ? ok(content.value.toString('utf8').trim()) : content;
}
