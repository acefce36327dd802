import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { metricDescriptions } from './metric-descriptions.js';

/** What the supervisor of several workers adds to their metrics. */
export const supervisorMetricDescriptions = {
  up: {
    name: 'portcullis_worker_up',
    type: 'gauge',
    labels: ['worker'],
    help: '1 while the worker answers checks.',
  },
  restarts: {
    name: 'portcullis_worker_restarts_total',
    type: 'counter',
    labels: ['worker'],
    help: 'How often another process took the place of the worker.',
  },
} as const;

export interface SupervisorMetrics {
  configReload(result: 'applied' | 'refused'): void;
  restarted(worker: number): void;
  /** The Prometheus text format; every sample without a worker of its own has the label `worker="supervisor"`. */
  scrape(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** @param isUp asked for each worker at each scrape */
export function createSupervisorMetrics(workers: number, isUp: (worker: number) => boolean): SupervisorMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ worker: 'supervisor' });
  collectDefaultMetrics({ register: registry });
  const numbers = Array.from({ length: workers }, (_, worker) => worker);
  const { configReloads } = metricDescriptions;
  const { restarts, up } = supervisorMetricDescriptions;
  const reloads = new Counter({
    name: configReloads.name,
    help: configReloads.help,
    labelNames: configReloads.labels,
    registers: [registry],
  });
  for (const result of ['applied', 'refused']) reloads.inc({ result }, 0);
  const restarted = new Counter({
    name: restarts.name,
    help: restarts.help,
    labelNames: restarts.labels,
    registers: [registry],
  });
  for (const worker of numbers) restarted.inc({ worker }, 0);
  new Gauge({
    name: up.name,
    help: up.help,
    labelNames: up.labels,
    registers: [registry],
    collect() {
      for (const worker of numbers) this.set({ worker }, isUp(worker) ? 1 : 0);
    },
  });
  return {
    configReload: (result) => reloads.inc({ result }),
    restarted: (worker) => restarted.inc({ worker }),
    scrape: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
