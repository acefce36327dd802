import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { heapOptions } from '../../../src/cli/heap-options.js';

const node = process.versions.node;
const all = heapOptions([], '', node);

describe('the options for the heap', () => {
  test('are options that this V8 knows', () => {
    const { stdout } = spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
    for (const option of all) {
      expect(stdout).toContain(`  --${option.replace(/^--(no-)?/, '').replace(/=.*/, '')} (`);
    }
  });

  test.each([
    ['--max-semi-space-size=16', '--semi-space-growth-factor=1'],
    ['--max_semi_space_size=16', '--semi-space-growth-factor=1'],
    ['--min-semi-space-size=16', '--semi-space-growth-factor=1'],
    ['--heap-growing-percent=0', all.find((option) => option.includes('growing-percent'))],
    ['--parallel-scavenge', '--no-parallel-scavenge'],
    ['--no-parallel-scavenge', '--no-parallel-scavenge'],
    ['--noparallel_scavenge', '--no-parallel-scavenge'],
    ['--parallel-compaction', '--no-parallel-compaction'],
    ['--parallel-pointer-update', '--no-parallel-pointer-update'],
  ])('leave to whoever starts Node what %s says', (given, left) => {
    const others = all.filter((option) => option !== left);
    expect(others.length).toBe(all.length - 1);
    expect(heapOptions([given], '', node)).toEqual(others);
    expect(heapOptions([], `--enable-source-maps  ${given}`, node)).toEqual(others);
  });

  test('let the heap of a larger Node grow less', () => {
    expect(heapOptions([], '', '20.19.0')).toContain('--heap-growing-percent=100');
    expect(heapOptions([], '', '26.12.1')).toContain('--heap-growing-percent=40');
  });

  test('stand beside options about something else', () => {
    expect(heapOptions(['--enable-source-maps', '--max-old-space-size=160'], '--max-http-header-size=1', node)).toEqual(
      all,
    );
  });
});
