import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { type Child, lastLines } from './child-process.js';

/** Waits until `ready` says yes. Fails at once, with the last lines, if the child ends before. */
export async function waitUntilReady(child: Child, ready: () => Promise<boolean>, within = 20_000): Promise<void> {
  const giveUpAt = Date.now() + within;
  while (!(await ready())) {
    if (!child.isRunning()) throw new Error(`${child.name} ended before it was ready\n${lastLines(child)}`);
    if (Date.now() > giveUpAt) throw new Error(`${child.name} was not ready after ${within} ms\n${lastLines(child)}`);
    await wait(25);
  }
}

/** True if a GET of `url` is answered with 200. */
export function answers200(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const attempt = request(url, { timeout: 1_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    attempt.on('timeout', () => attempt.destroy());
    attempt.on('error', () => resolve(false));
    attempt.end();
  });
}
