import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../rig/places.js';
import type { Results } from '../suites/results.js';
import { performanceChart, performancePage } from './page.js';
import type { SoakResult } from './soak-result.js';

const docs = join(repository, 'docs');
const resultsFile = join(docs, 'performance.json');
const soakFile = join(docs, 'performance-soak.json');

/** The results of the last run, or undefined if there has been none. */
export function readResults(): Promise<Results | undefined> {
  return readJson(resultsFile);
}

/** Keeps results and writes the page and the chart from them. */
export async function writeResults(results: Results): Promise<void> {
  await writeFile(resultsFile, `${JSON.stringify(results, roundNumbers, 1)}\n`);
  await writePages(results);
}

export async function writePages(results: Results): Promise<void> {
  await writeFile(join(docs, 'performance.md'), performancePage(results, await readJson<SoakResult>(soakFile)));
  await writeFile(join(docs, 'performance.svg'), performanceChart(results));
}

/** Keeps the result of a long run and brings it into the page. */
export async function writeSoak(soak: SoakResult): Promise<void> {
  await writeFile(soakFile, `${JSON.stringify(soak, roundNumbers, 1)}\n`);
  const results = await readResults();
  if (results !== undefined) await writePages(results);
}

async function readJson<Value>(file: string): Promise<Value | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Value);
}

function roundNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
}
