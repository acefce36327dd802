import type { JsonObject, JsonValue } from '../../json/json.js';
import { isRecord } from '../bundle/merge-data.js';
import { isTestFile } from './sources.js';

/** How much of a policy its tests reach. */
export interface Coverage {
  /** Lines that can be reached. */
  readonly lines: number;
  readonly covered: number;
  /** By name. */
  readonly files: readonly FileCoverage[];
}

export interface FileCoverage {
  readonly file: string;
  readonly lines: number;
  readonly covered: number;
  /** First and last of each stretch of lines that no test reaches. */
  readonly uncovered: readonly (readonly [number, number])[];
}

/** Reads the report of `opa test --coverage`. The test files, which cover themselves, are left out. */
export function readCoverage(report: JsonValue): Coverage {
  const found = isRecord(report) && isRecord(report['files']) ? report['files'] : {};
  const files = Object.entries(found)
    .filter(([file]) => !isTestFile(file))
    .map(([file, result]) => readFile(file, isRecord(result) ? result : {}))
    .sort((left, right) => (left.file < right.file ? -1 : 1));
  return { lines: sum(files, 'lines'), covered: sum(files, 'covered'), files };
}

/** In percent; a policy without lines that could be reached is covered. */
export function percent({ covered, lines }: { readonly covered: number; readonly lines: number }): number {
  return lines === 0 ? 100 : (covered / lines) * 100;
}

/** The table of what no test reaches; empty if there is nothing. */
export function coverageTable(coverage: Coverage): string {
  const rows = coverage.files
    .filter(({ uncovered }) => uncovered.length > 0)
    .map((file) => [file.file, `${percent(file).toFixed(1)} %`, file.uncovered.map(stretch).join(', ')] as const);
  if (rows.length === 0) return '';
  const all = [['file', 'covered', 'lines that no test reaches'] as const, ...rows];
  const [name, share] = [0, 1].map((column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map(([file, part, lines]) => `${file.padEnd(name ?? 0)}  ${part.padStart(share ?? 0)}  ${lines}\n`)
    .join('');
}

function readFile(
  file: string,
  { covered_lines: covered, not_covered, not_covered_lines: missed }: JsonObject,
): FileCoverage {
  const [reached, unreached] = [count(covered), count(missed)];
  return { file, lines: reached + unreached, covered: reached, uncovered: stretches(not_covered) };
}

function stretches(ranges: JsonValue | undefined): readonly (readonly [number, number])[] {
  const list: readonly JsonValue[] = Array.isArray(ranges) ? ranges : [];
  const lines = list.flatMap((range) => {
    const { end, start } = isRecord(range) ? range : {};
    const [first, last] = [row(start), row(end)];
    return Array.from({ length: Math.max(last - first + 1, 0) }, (_, index) => first + index);
  });
  const merged: [number, number][] = [];
  for (const line of [...new Set(lines)].sort((left, right) => left - right)) {
    const last = merged.at(-1);
    if (last !== undefined && last[1] + 1 === line) last[1] = line;
    else merged.push([line, line]);
  }
  return merged;
}

function stretch([first, last]: readonly [number, number]): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function row(place: JsonValue | undefined): number {
  return isRecord(place) ? count(place['row']) : 0;
}

function count(value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : 0;
}

function sum(files: readonly FileCoverage[], member: 'lines' | 'covered'): number {
  return files.reduce((total, file) => total + file[member], 0);
}
