import { readFile } from 'node:fs/promises';
import type { Config } from '../config/schema.js';
import { fail, ok, type Result } from '../errors/result.js';
import { longestReport, reportsOf } from '../policy/channel/reports.js';
import { type ReportParts, statusReport } from '../policy/follow/status-report.js';
import { type BundleStore, limitTime } from '../policy/store/bundle-store.js';
import { reasonOf } from '../policy/store/http-store.js';
import type { Logger } from '../telemetry/logger.js';
import { openPlace } from './bundle-sources.js';

/** Tells what this adapter runs: to a status service of OPA's kind, and to the store of each channel it follows. */
export class BundleReporter {
  readonly #config: Config['bundles'];
  readonly #describe: () => ReportParts;
  readonly #logger: Logger;
  #stores: readonly { readonly store: BundleStore; readonly channel: string }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #again = false;
  #failed = false;
  #closed = false;

  constructor(config: Config['bundles'], describe: () => ReportParts, logger: Logger) {
    this.#config = config;
    this.#describe = describe;
    this.#logger = logger;
  }

  /** @throws PortcullisError `config_invalid` for a source that is none */
  async open(): Promise<void> {
    const { reports, sources } = this.#config;
    if (reports.to_store) {
      const following = sources.flatMap((source, index) => (source.channel === undefined ? [] : [{ source, index }]));
      this.#stores = await Promise.all(
        following.map(async ({ index, source }) => ({
          store: await openPlace(this.#config, source.store, `bundles.sources[${index}].store`),
          channel: source.channel ?? '',
        })),
      );
    }
    this.report();
  }

  /** Reports now; what changes meanwhile is in one more report afterwards. */
  report(): void {
    if (this.#closed || (this.#stores.length === 0 && this.#config.reports.url === undefined)) return;
    if (this.#sending !== undefined) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#sending = this.#send().finally(() => {
      this.#sending = undefined;
      if (this.#again) {
        this.#again = false;
        this.report();
      } else if (!this.#closed) {
        this.#timer = setTimeout(() => this.report(), this.#config.reports.interval).unref();
      }
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#sending;
    for (const { store } of this.#stores) store.close();
  }

  async #send(): Promise<void> {
    const parts = this.#describe();
    const content = statusReport(parts, new Date());
    const sent = await Promise.all([
      this.#post(content),
      ...this.#stores.map(({ channel, store }) => put(store, `${reportsOf(channel)}${parts.id}.json`, content)),
    ]);
    const problem = sent.find((one) => !one.ok);
    // Said once: who collects reports sees the silence, and decisions do not depend on them.
    if (problem !== undefined && !problem.ok && !this.#failed) {
      this.#logger.warn({ problem: problem.error }, 'the status report is not taken');
    }
    this.#failed = problem !== undefined;
  }

  async #post(content: Buffer): Promise<Result<undefined>> {
    const { reports, token } = this.#config;
    if (reports.url === undefined) return ok(undefined);
    try {
      const bearer = token && { authorization: `Bearer ${(await readFile(token.file, 'utf8')).trim()}` };
      const response = await fetch(reports.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...bearer },
        body: Uint8Array.from(content),
        redirect: 'error',
        signal: limitTime(undefined),
      });
      await response.body?.cancel();
      return response.ok ? ok(undefined) : fail(`${reports.url} answers ${response.status}`);
    } catch (error) {
      return fail(`${reports.url} cannot be reached: ${reasonOf(error)}`);
    }
  }
}

/** The report of one adapter has one writer, so that the version before is the one it wrote. */
async function put(store: BundleStore, name: string, content: Buffer): Promise<Result<undefined>> {
  const present = await store.read(name, { maxBytes: longestReport });
  if (!present.ok) return present;
  const version = present.value.kind === 'found' ? present.value.version : undefined;
  const written = await store.replace(name, content, version);
  return written.ok ? ok(undefined) : written;
}
