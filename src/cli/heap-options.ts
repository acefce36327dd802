/**
 * How V8 shall keep house in a process that answers checks: little memory and short pauses before the last quarter of
 * throughput. docs/performance-means.md has the figures, docs/decisions/0025-heap-options.md the reasons.
 *
 * Only options that V8 looks at again and again stand here, since they are set in the running process: so they hold
 * however it was started, and for workers.
 */
const wanted = (nodeMajor: number) => [
  // Where checks leave garbage stays as small as it is at the start. Most of it is dead at the next look.
  { option: '--semi-space-growth-factor=1', unless: /^(m(ax|in)-semi-space-size|semi-space-growth-factor)$/ },
  // Something of each check outlives the young generation, probably its stream, which holds memory that V8 does not see.
  // Newer releases of Node are 15 MB larger themselves, and so must the heap be smaller for the same whole.
  { option: `--heap-growing-percent=${nodeMajor < 22 ? 100 : 40}`, unless: /^heap-growing-percent$/ },
  // Helpers would compete for the same core with what they help. Not `parallel-marking`: without it 65 MB more are resident.
  { option: '--no-parallel-scavenge', unless: /^(no-)?parallel-scavenge$/ },
  { option: '--no-parallel-compaction', unless: /^(no-)?parallel-compaction$/ },
  { option: '--no-parallel-pointer-update', unless: /^(no-)?parallel-pointer-update$/ },
];

/**
 * The options to set, but for those that whoever started the process has spoken about.
 *
 * @param given the options that Node was started with, such as `process.execArgv`
 * @param nodeOptions the environment variable `NODE_OPTIONS`
 * @param nodeVersion such as `26.12.1`
 */
export function heapOptions(given: readonly string[], nodeOptions: string, nodeVersion: string): readonly string[] {
  const names = [...given, ...nodeOptions.split(/\s+/)].map(optionName);
  const nodeMajor = Number.parseInt(nodeVersion, 10);
  return wanted(nodeMajor)
    .filter(({ unless }) => !names.some((name) => unless.test(name)))
    .map(({ option }) => option);
}

/** V8 takes `--max_semi_space_size` for the same, and `--nofoo` for `--no-foo`. */
function optionName(argument: string): string {
  const name = argument.replace(/^["']?--/, '').replace(/[=\s].*$/s, '');
  return name.replaceAll('_', '-').replace(/^no(?=parallel)/, 'no-');
}
