import type { BundleState, DiscoveryState } from './bundle-state.js';

/** What an adapter says of itself, to be compared with what its channel has. */
export interface ReportParts {
  readonly id: string;
  readonly version: string;
  readonly engine: string;
  readonly ready: boolean;
  readonly revision: string | undefined;
  readonly bundles: Readonly<Record<string, BundleState>>;
  readonly discovery: DiscoveryState | undefined;
}

/**
 * A status report in OPA's format (`labels`, `bundles`, `plugins`), so that what collects OPA's reports takes ours too,
 * with a few members more that OPA does not have.
 */
export function statusReport(parts: ReportParts, now: Date): Buffer {
  const { bundles, discovery, engine, id, ready, revision, version } = parts;
  const document = {
    labels: { app: 'portcullis', id, version },
    bundles,
    ...(discovery && { discovery }),
    plugins: {
      bundle: { state: ready ? 'OK' : 'NOT_READY' },
      ...(discovery && { discovery: { state: discovery.last_successful_activation ? 'OK' : 'NOT_READY' } }),
    },
    id,
    time: now.toISOString(),
    engine,
    ready,
    revision: revision ?? null,
  };
  return Buffer.from(`${JSON.stringify(document)}\n`);
}
