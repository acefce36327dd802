import type { Results } from './results.js';
import type { Part } from './run-part.js';

/**
 * Brings what one part has measured into what is known. New figures take the place of those of the same name; of a part that
 * was measured anew, figures of contenders that there are no longer go.
 */
export function mergeResults(old: Results | undefined, fresh: Results, part: Part): Results {
  if (old === undefined) return fresh;
  const place = ({ shape, workload }: Results['figures'][number]) => `${workload} ${placeOf(shape)}`;
  const replaced = new Set(fresh.figures.map(place));
  return {
    ...fresh,
    titles: {
      contenders: { ...old.titles.contenders, ...fresh.titles.contenders },
      workloads: { ...old.titles.workloads, ...fresh.titles.workloads },
      shapes: { ...old.titles.shapes, ...fresh.titles.shapes },
    },
    figures: [...old.figures.filter((figure) => !replaced.has(place(figure))), ...fresh.figures],
    starts: part === 'start' ? fresh.starts : old.starts,
    memory: part === 'memory' ? fresh.memory : old.memory,
    peerProfile: fresh.peerProfile ?? old.peerProfile,
    ownProfiles: part === 'profile' ? fresh.ownProfiles : (old.ownProfiles ?? []),
  };
}

/** Half of the baseline's highest rate is another number in each run, and yet the same measurement. */
function placeOf(shape: string): string {
  return shape.startsWith('open-') && shape !== 'open-1000' ? 'open-half' : shape;
}
