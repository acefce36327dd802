import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { gatewayPresets } from '../../../src/config/schema/http.js';
import { type RequestCase, requestCases } from '../../support/request-rows.js';

const folder = new URL('../../../docs/gateways/', import.meta.url);
const page = await readFile(new URL('README.md', folder), 'utf8');

const callers = ['alice', 'james', 'kelly', 'john', 'admin', '-'] as const;

/** One line for each request, with the answer that each caller gets. */
function answerTable(): string[] {
  const lines = new Map<string, RequestCase[]>();
  for (const one of requestCases) {
    const key = [one.ids, one.method, `\`${one.path}\``].join(' | ');
    lines.set(key, [...(lines.get(key) ?? []), one]);
  }
  return [...lines].map(([key, cases]) => {
    const codes = callers.map((caller) => cases.find(({ person }) => person === caller)?.code ?? '');
    return `| ${key} | ${codes.join(' | ')} |`;
  });
}

test('docs/gateways has the answers that every gateway is tested for', () => {
  expect(page.split('\n').filter((line) => /^\| [A-F]-\d\d/.test(line))).toEqual(answerTable());
});

test('each preset has a page with its configuration, and a link', async () => {
  const files = (await readdir(folder)).filter((name) => name !== 'README.md');
  expect(files.sort()).toEqual(gatewayPresets.map((name) => `${name}.md`).sort());
  for (const name of gatewayPresets) {
    expect(page).toContain(`(${name}.md)`);
    expect(await readFile(new URL(`${name}.md`, folder), 'utf8')).toContain(`http:\n  preset: ${name}\n`);
  }
});
