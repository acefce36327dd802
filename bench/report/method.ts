import { tolerableDisturbance } from '../measure/rounds.js';
import type { Window } from '../measure/window.js';
import type { Results } from '../suites/results.js';

export function head({ figures, measuredAt }: Results): string {
  const windows = figures.flatMap((figure) => figure.windows);
  const disturbed = windows.filter(isDisturbed).length;
  const provisional =
    disturbed <= windows.length / 5
      ? ''
      : `\n\n**Provisional:** the machine was busy with other work in ${disturbed} of ${windows.length} windows. Latencies say little then, rates not much.`;
  return `# Performance

Written by \`npm run bench\`, last on ${measuredAt.slice(0, 10)}; the figures of each window are in [performance.json](performance.json).
Ratios hold from machine to machine better than figures do: read those first. What makes it fast is on
a [page of its own](performance-means.md).${provisional}`;
}

export function method({ effort, figures, machine }: Results): string {
  const windows = figures.flatMap((figure) => figure.windows);
  const disturbed = windows.filter(isDisturbed).length;
  const bounded = windows.filter(({ loadBusy }) => loadBusy > 0.9).length;
  const failed = windows.filter(({ failed }) => failed > 0).length;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return `## Method

- Machine: ${machine.processor}, ${machine.cores} cores, ${machine.memory} GB, ${machine.kernel}; ${versions.join(', ')}.
- Placement: ${machine.placement}. A sidecar's OPA shares the core with Portcullis, and both count.
- All contenders of a table run at the same time and are asked in turn: ${effort.rounds} rounds of ${effort.seconds} s each, every round beginning with
  another one (by policy three quarters of that, for latency twice as long). A ratio is that of one round; shown are the median and, in brackets, the lowest and the highest of all rounds.
- Before anything is measured, all contenders must decide the same requests alike.
- The Go baseline ([bench/peer-go](../bench/peer-go)) stands for opa-envoy-plugin, which cannot be had here: grpc-go, go-control-plane and OPA as a library with a
  prepared query. As the plugin does, it walks the message by reflection, parses path, query and body, makes a decision id, a
  metrics object and a transaction for each check, and heeds the deadline; multipart and gRPC bodies, which nothing here sends, it does
  not read. Where it differs it is faster: numbers do not go through JSON on their way to OPA (7 of about 80 µs in the plugin), data are
  kept as OPA's own values, there is no decision log and there are no metrics to scrape. Portcullis runs with its defaults, metrics and
  decision ids included. The floors answer every check with a constant, without reading it.
- Requests are 512 different ones in turn, three of four allowed. Rates come from a closed loop. Latencies come from an open loop with
  independent arrivals at a fixed rate, counted from when a request was due, so that a stall shows in all requests it delays.
- The load program is [bench/load-go](../bench/load-go). ${bounded === 0 ? 'It was never at its limit.' : `In ${bounded} of ${windows.length} windows it was at its own limit.`}
- Disturbance: in ${disturbed} of ${windows.length} windows others took more than ${tolerableDisturbance * 100} % of the core that was measured, after several attempts.${failed === 0 ? '' : `\n- In ${failed} windows some requests got neither an allow nor a deny.`}`;
}

function isDisturbed({ disturbed }: Window): boolean {
  return disturbed > tolerableDisturbance;
}
