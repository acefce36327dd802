import { fail, ok, type Result } from '../../errors/result.js';
import type { BundleFile } from '../bundle/bundle.js';
import type { Finding } from './finding.js';
import { complaintOf, type Opa } from './opa.js';
import type { Workshop } from './workshop.js';

/** The files that `opa fmt` would change, each with the first line that it would. */
export async function checkFormat(
  opa: Opa,
  { sources }: Workshop,
  files: readonly BundleFile[],
): Promise<Result<readonly Finding[]>> {
  const listed = await opa.run(sources, ['fmt', '--list', '.']);
  if (listed.code !== 0) return fail(`opa fmt: ${complaintOf(listed)}`);
  const names = new Set(listed.stdout.split('\n').map((name) => name.replace(/^\.\//, '')));
  const findings: Finding[] = [];
  for (const { content, path } of files) {
    if (!names.has(path)) continue;
    const formatted = await opa.run(sources, ['fmt', path]);
    if (formatted.code !== 0) return fail(`opa fmt ${path}: ${complaintOf(formatted)}`);
    const line = firstDifference(content.toString('utf8'), formatted.stdout);
    findings.push({ rule: 'format', file: path, line, message: 'is not formatted; opa fmt --write does it' });
  }
  return ok(findings);
}

function firstDifference(text: string, formatted: string): number {
  const [lines, wanted] = [text.split('\n'), formatted.split('\n')];
  const index = lines.findIndex((line, at) => line !== wanted[at]);
  return (index === -1 ? lines.length - 1 : index) + 1;
}
