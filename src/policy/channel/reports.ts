import { z } from 'zod';
import { fail, ok, type Result } from '../../errors/result.js';
import type { BundleStore } from '../store/bundle-store.js';
import { limitTime } from '../store/bundle-store.js';
import { reasonOf } from '../store/http-store.js';
import { readLimited } from '../store/read-limited.js';

const bundleState = z.object({
  channel: z.string().optional(),
  active_revision: z.string().optional(),
  message: z.string().optional(),
});

/** The part of an adapter's report, and of its `/status`, that tells what it runs. */
const report = z.object({
  id: z.string().max(256).optional(),
  time: z.string().max(64).optional(),
  ready: z.boolean(),
  revision: z.string().max(1024).nullish(),
  bundles: z.record(z.string(), bundleState).default({}),
});

export interface RunningAdapter {
  readonly id: string;
  /** When it said so, ISO 8601. */
  readonly time: string;
  readonly ready: boolean;
  readonly revision: string | undefined;
  readonly problem: string | undefined;
}

export const longestReport = 256 * 1024;
/** Milliseconds after which an adapter that has not reported counts as gone. */
const silence = 5 * 60_000;
/** Milliseconds after which nothing is said of it any more: Pods come and go. */
const forgotten = 24 * 3_600_000;

export function reportsOf(channel: string): string {
  return `status/${channel}/`;
}

/** What adapters have reported to the store, and what those at the given addresses say now. */
export async function readReports(
  store: BundleStore,
  channel: string,
  addresses: readonly string[],
): Promise<Result<readonly RunningAdapter[]>> {
  const live = await Promise.all(addresses.map((address) => askAdapter(address, channel)));
  const names = await store.list(reportsOf(channel));
  // Some stores cannot be listed; then only the addresses are asked.
  if (!names.ok) return addresses.length > 0 ? ok(live) : names;
  const reported: RunningAdapter[] = [];
  for (const name of names.value.filter((one) => one.endsWith('.json'))) {
    const read = await store.read(name, { maxBytes: longestReport });
    if (!read.ok) return read;
    if (read.value.kind !== 'found') continue;
    const running = readReport(read.value.content, channel);
    if (!running.ok) return fail(`${name}: ${running.error}`);
    if (Date.now() - Date.parse(running.value.time) < forgotten) reported.push(running.value);
  }
  return ok([...reported, ...live].sort((left, right) => (left.id < right.id ? -1 : 1)));
}

function readReport(content: Buffer, channel: string): Result<RunningAdapter> {
  const parsed = parseReport(content);
  if (!parsed.ok) return parsed;
  const { id = 'unknown', time = '' } = parsed.value;
  const age = Date.now() - Date.parse(time);
  const running = { ...runs(parsed.value, channel), id, time };
  return ok(age < silence ? running : { ...running, ready: false, problem: 'has not reported since' });
}

async function askAdapter(address: string, channel: string): Promise<RunningAdapter> {
  const time = new Date().toISOString();
  const gone = (problem: string) => ({ id: address, time, ready: false, revision: undefined, problem });
  try {
    const response = await fetch(new URL('/status', address), { redirect: 'error', signal: limitTime(undefined) });
    const content = response.body === null ? undefined : await readLimited(response.body, longestReport);
    if (response.status !== 200 || content === undefined) return gone(`answers ${response.status}`);
    const parsed = parseReport(content);
    return parsed.ok ? { ...runs(parsed.value, channel), id: address, time } : gone(parsed.error);
  } catch (error) {
    return gone(reasonOf(error));
  }
}

function parseReport(content: Buffer): Result<z.infer<typeof report>> {
  let document: unknown;
  try {
    document = JSON.parse(content.toString('utf8'));
  } catch {
    return fail('the report is not JSON');
  }
  const parsed = report.safeParse(document);
  return parsed.success ? ok(parsed.data) : fail('the report is not one of an adapter');
}

/** Of several bundles, the one that follows the channel counts. An OPA has one revision and no channels. */
function runs({ bundles, ready, revision }: z.infer<typeof report>, channel: string) {
  const following = Object.values(bundles).find((bundle) => bundle.channel === channel);
  const found = following === undefined ? (revision ?? undefined) : following.active_revision;
  return { ready, revision: found, problem: following?.message };
}
