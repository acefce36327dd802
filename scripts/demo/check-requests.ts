import { request } from 'node:http';
import { type DemoRequest, headersOf, requests } from './requests.js';

export interface Checked {
  readonly request: DemoRequest;
  /** What came; 0 if nothing did. */
  readonly status: number;
}

/** Sends the requests one after another, as some build on earlier ones. */
export async function checkRequests(origin: string): Promise<Checked[]> {
  const checked: Checked[] = [];
  for (const one of requests) checked.push({ request: one, status: await statusOf(one, origin) });
  return checked;
}

/** The path goes out exactly as it is written, which `fetch` would not do. */
function statusOf(one: DemoRequest, origin: string): Promise<number> {
  const { hostname, port } = new URL(origin);
  const options = { hostname, port, path: one.path, method: one.method, headers: headersOf(one), timeout: 5_000 };
  return new Promise((resolve) => {
    const sent = request({ ...options, agent: false }, (response) => {
      response.resume();
      response.on('close', () => resolve(response.statusCode ?? 0));
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(0));
    sent.end(one.body);
  });
}

export function isAsExpected({ request: { status: expected }, status }: Checked): boolean {
  return status === expected;
}

/** One line for each request. */
export function formatChecked(checked: readonly Checked[]): string {
  const lines = checked.map((one) => {
    const { rows, method, path, as = 'anyone', status: expected, why } = one.request;
    const verdict = isAsExpected(one) ? 'ok    ' : 'FAILED';
    const found = isAsExpected(one) ? why : `expected ${expected}: ${why}`;
    return `${verdict} ${rows}  ${one.status}  ${method.padEnd(6)} ${path.padEnd(52)} ${as.padEnd(12)} ${found}`;
  });
  const failed = checked.filter((one) => !isAsExpected(one)).length;
  return [...lines, `${checked.length - failed} as expected, ${failed} not`].join('\n');
}
