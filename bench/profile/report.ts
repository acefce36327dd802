import type { FunctionTime } from './cpu-profile.js';

/** Shares of the time in which the process was not idle, by stage and by function, as Markdown. */
export function profileReport(times: readonly FunctionTime[], functions = 40): string {
  const busy = times.filter(({ stage }) => stage !== 'idle');
  const total = busy.reduce((sum, { self }) => sum + self, 0);
  const share = (self: number) => `${((self / total) * 100).toFixed(1)} %`;
  const stages = new Map<string, number>();
  for (const { self, stage } of busy) stages.set(stage, (stages.get(stage) ?? 0) + self);
  const byShare = [...stages].sort(([, one], [, other]) => other - one);
  return [
    '| stage | share |',
    '| --- | ---: |',
    ...byShare.map(([stage, self]) => `| ${stage} | ${share(self)} |`),
    '',
    '| function | where | stage | share |',
    '| --- | --- | --- | ---: |',
    ...busy
      .slice(0, functions)
      .map(({ name, place, self, stage }) => `| \`${name}\` | ${place} | ${stage} | ${share(self)} |`),
  ].join('\n');
}
