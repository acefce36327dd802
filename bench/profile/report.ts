import type { FunctionTime } from './cpu-profile.js';

/** Shares of the time in which the process was not idle, by stage, the largest first. */
export function stageShares(
  times: readonly FunctionTime[],
): readonly { readonly name: string; readonly share: number }[] {
  const busy = busyTimes(times);
  const total = totalOf(busy);
  const stages = new Map<string, number>();
  for (const { self, stage } of busy) stages.set(stage, (stages.get(stage) ?? 0) + self);
  return [...stages]
    .map(([name, self]) => ({ name, share: self / total }))
    .sort((one, other) => other.share - one.share);
}

/** The shares by stage and by function, as Markdown. */
export function profileReport(times: readonly FunctionTime[], functions = 40): string {
  const busy = busyTimes(times);
  const total = totalOf(busy);
  return [
    '| stage | share |',
    '| --- | ---: |',
    ...stageShares(times).map(({ name, share }) => `| ${name} | ${percent(share)} |`),
    '',
    '| function | where | stage | share |',
    '| --- | --- | --- | ---: |',
    ...busy
      .slice(0, functions)
      .map(({ name, place, self, stage }) => `| \`${name}\` | ${place} | ${stage} | ${percent(self / total)} |`),
  ].join('\n');
}

function busyTimes(times: readonly FunctionTime[]): readonly FunctionTime[] {
  return times.filter(({ stage }) => stage !== 'idle');
}

function totalOf(times: readonly FunctionTime[]): number {
  return times.reduce((sum, { self }) => sum + self, 0);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
