import type { OwnProfile } from '../suites/own-profile.js';
import { table } from './format.js';

const least = 0.005;

/** Where Portcullis spends its time, one table for each profile. */
export function ownProfiles(profiles: readonly OwnProfile[]): string {
  return profiles
    .map(({ processes, stages, title }) => {
      const rows = stages.filter(({ share }) => share >= least).map(({ name, share }) => [name, percent(share)]);
      const all = processes.map(({ name, share }) => `${name} ${percent(share)}`).join(', ');
      const split = processes.length > 1 ? `Of the core: ${all}.\n\n` : '';
      return `## Where Portcullis spends its time: ${title}\n\n${split}${table(['stage', 'share of the Node process'], rows)}`;
    })
    .join('\n\n');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
