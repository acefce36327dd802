import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type ErrorCode, errorCodes } from '../errors/portcullis-error.js';
import { type CheckOutcome, type CheckReason, checkOutcomes } from './check-reason.js';
import { type FrontRefusal, frontRefusals } from './front-refusal.js';
import { metricDescriptions as descriptions } from './metric-descriptions.js';
import { type MutationRule, mutationRules } from './mutation-rule.js';

/** What a source found: the reasons of `input.identity_error`, or one of these. */
export type IdentityResult =
  | 'identified'
  | 'unavailable'
  | 'unknown_token'
  | 'expired_token'
  | 'malformed_credential'
  | 'ambiguous_credential'
  | 'untrusted_peer'
  | 'untrusted_certificate'
  | 'algorithm_refused'
  | 'key_unknown'
  | 'signature_invalid'
  | 'claim_invalid'
  | 'session_invalid';

/** Read at each scrape. */
export interface Gauges {
  readonly ready: () => boolean;
  readonly checksInFlight: () => number;
  /** Seconds; undefined while there is none. */
  readonly kubernetesDataAge?: () => number | undefined;
  readonly policy: () => { readonly engine: string; readonly revision: string | undefined };
}

/** Durations are in seconds, as Prometheus wants them. */
export interface Metrics {
  check(outcome: CheckOutcome, reason: CheckReason, seconds: number): void;
  /** Bind once and keep: `const observe = metrics.engineDuration('wasm')`. */
  engineDuration(engine: string): (seconds: number) => void;
  identity(source: string, result: IdentityResult): void;
  configReload(result: 'applied' | 'refused'): void;
  error(code: ErrorCode): void;
  decisionCache(result: 'hit' | 'miss' | 'bypass'): void;
  mutationDropped(rule: MutationRule): void;
  kubernetesRequest(result: 'answered' | 'refused' | 'failed'): void;
  frontRefused(reason: FrontRefusal): void;
  decisionLogDropped(records: number): void;
  /** What befell a bundle from a source. */
  bundle(name: string, event: 'activated' | 'failed' | 'stale' | 'fresh' | 'retired'): void;
  /** Names what the gauges read; before that they are absent or 0. */
  observe(gauges: Gauges): void;
  /** The Prometheus text format. */
  scrape(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** From 100 µs to 1 s: an embedded decision takes a few hundred microseconds, a timeout 150 ms. */
const buckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

export interface MetricsOptions {
  /** Whether prom-client's own process metrics are added, which cannot be taken away again: yes unless told otherwise. */
  readonly processMetrics?: boolean;
  /** Of several workers, the number of this one: a label of every metric. */
  readonly worker?: number | undefined;
}

export function createMetrics({ processMetrics = true, worker }: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  if (worker !== undefined) registry.setDefaultLabels({ worker });
  if (processMetrics) collectDefaultMetrics({ register: registry });

  const countCheck = createCheckCounter(registry);
  const checkDuration = new Histogram({ ...config(descriptions.checkDuration, registry), buckets });
  const engineDuration = new Histogram({ ...config(descriptions.engineDuration, registry), buckets });
  const identity = new Counter(config(descriptions.identity, registry));
  const configReloads = new Counter(config(descriptions.configReloads, registry));
  const errors = new Counter(config(descriptions.errors, registry));
  const decisionLogDropped = new Counter(config(descriptions.decisionLogDropped, registry));
  const mutationsDropped = new Counter(config(descriptions.mutationsDropped, registry));
  const frontRefused = new Counter(config(descriptions.frontRefusals, registry));
  for (const reason of frontRefusals) frontRefused.inc({ reason }, 0);
  for (const rule of mutationRules) mutationsDropped.inc({ rule }, 0);
  for (const result of ['applied', 'refused']) configReloads.inc({ result }, 0);
  for (const code of Object.keys(errorCodes)) errors.inc({ code }, 0);

  return {
    check: (outcome, reason, seconds) => {
      countCheck(outcome, reason);
      checkDuration.observe(seconds);
    },
    engineDuration: (engine) => {
      const bound = engineDuration.labels({ engine });
      return (seconds) => bound.observe(seconds);
    },
    identity: (source, result) => identity.inc({ source, result }),
    configReload: (result) => configReloads.inc({ result }),
    error: (code) => errors.inc({ code }),
    decisionCache: createDecisionCacheCounter(registry),
    mutationDropped: (rule) => mutationsDropped.inc({ rule }),
    kubernetesRequest: createKubernetesCounter(registry),
    frontRefused: (reason) => frontRefused.inc({ reason }),
    decisionLogDropped: (records) => decisionLogDropped.inc(records),
    bundle: createBundleMetrics(registry),
    observe: (gauges) => registerGauges(gauges, registry),
    scrape: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

function createDecisionCacheCounter(registry: Registry): Metrics['decisionCache'] {
  const counter = new Counter(config(descriptions.decisionCache, registry));
  const bound = {
    hit: counter.labels({ result: 'hit' }),
    miss: counter.labels({ result: 'miss' }),
    bypass: counter.labels({ result: 'bypass' }),
  };
  for (const child of Object.values(bound)) child.inc(0);
  return (result) => bound[result].inc();
}

function createKubernetesCounter(registry: Registry): Metrics['kubernetesRequest'] {
  const counter = new Counter(config(descriptions.kubernetesRequests, registry));
  for (const result of ['answered', 'refused', 'failed']) counter.inc({ result }, 0);
  return (result) => counter.inc({ result });
}

function createBundleMetrics(registry: Registry): Metrics['bundle'] {
  const activations = new Counter(config(descriptions.bundleActivations, registry));
  const stale = new Gauge(config(descriptions.bundleStale, registry));
  const activated = new Gauge(config(descriptions.bundleActivated, registry));
  return (bundle, event) => {
    // What is followed can change for as long as the adapter runs: nothing is said of what is not there any more.
    if (event === 'retired') {
      for (const metric of [stale, activated]) metric.remove({ bundle });
      for (const result of ['activated', 'failed']) activations.remove({ bundle, result });
      return;
    }
    if (event === 'stale' || event === 'fresh') return stale.set({ bundle }, event === 'stale' ? 1 : 0);
    activations.inc({ bundle, result: event });
    if (event === 'activated') activated.set({ bundle }, Date.now() / 1000);
  };
}

function createCheckCounter(registry: Registry): (outcome: CheckOutcome, reason: CheckReason) => void {
  const counter = new Counter(config(descriptions.checks, registry));
  const bound: Readonly<Record<CheckOutcome, Map<CheckReason, Counter.Internal>>> = {
    allow: new Map(),
    deny: new Map(),
    error: new Map(),
  };
  const child = (outcome: CheckOutcome, reason: CheckReason) => {
    const known = bound[outcome].get(reason);
    if (known !== undefined) return known;
    const made = counter.labels({ outcome, reason });
    bound[outcome].set(reason, made);
    return made;
  };
  for (const outcome of ['allow', 'deny', 'error'] as const) {
    for (const reason of checkOutcomes[outcome]) child(outcome, reason).inc(0);
  }
  return (outcome, reason) => child(outcome, reason).inc();
}

function registerGauges(gauges: Gauges, registry: Registry): void {
  new Gauge({
    ...config(descriptions.checksInFlight, registry),
    collect() {
      this.set(gauges.checksInFlight());
    },
  });
  new Gauge({
    ...config(descriptions.ready, registry),
    collect() {
      this.set(gauges.ready() ? 1 : 0);
    },
  });
  new Gauge({
    ...config(descriptions.kubernetesDataAge, registry),
    collect() {
      this.reset();
      const age = gauges.kubernetesDataAge?.();
      if (age === undefined) this.remove();
      else this.set(age);
    },
  });
  new Gauge({
    ...config(descriptions.policyInfo, registry),
    collect() {
      // Revisions are an open set: only the one that answers now is kept.
      this.reset();
      const { engine, revision } = gauges.policy();
      this.set({ engine, revision: revision ?? '' }, 1);
    },
  });
}

interface Description<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
}

function config<Label extends string>({ name, help, labels }: Description<Label>, registry: Registry) {
  return { name, help, labelNames: labels, registers: [registry] };
}
