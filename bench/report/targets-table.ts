import type { OwnProfile } from '../suites/own-profile.js';
import { table } from './format.js';
import type { Target } from './targets.js';

const unmeasured = 'not measured yet';

/** Every target with its figures and whether it is reached. */
export function targetsTable(targets: readonly Target[]): string {
  const rows = targets.map((line) => {
    const verdict = isReached(line);
    return [line.what, line.target, figuresOf(line) || unmeasured, verdict === undefined ? '' : verdict ? 'yes' : 'no'];
  });
  return table(['what', 'target', 'figure', 'reached'], rows);
}

/** For each target that is measured and not reached: how far it got, what bounds it, and what would be next. */
export function unreached(targets: readonly Target[], profiles: readonly OwnProfile[]): string {
  const lines = targets.filter((line) => isReached(line) === false);
  if (lines.length === 0) return '';
  const items = lines.map((line) => {
    const figures = line.parts.flatMap((part) => (part === undefined || part.reached ? [] : [part.text]));
    const bound = boundBy(profiles.find(({ contender }) => contender.startsWith(`${line.profile}/`)));
    return `- **${line.what}**: ${figures.join('; ')}, where ${line.target} is wanted. ${bound}Next: ${line.next}.`;
  });
  return `### What is not reached\n\n${items.join('\n')}`;
}

function figuresOf({ parts }: Target): string {
  return parts.flatMap((part) => (part === undefined ? [] : [part.text])).join('<br>');
}

/** Undefined where nothing is measured. */
function isReached({ parts }: Target): boolean | undefined {
  const known = parts.filter((part) => part !== undefined);
  return known.length === 0 ? undefined : known.every(({ reached }) => reached);
}

/** The three largest stages of the profile, and the other processes. */
function boundBy(profile: OwnProfile | undefined): string {
  if (profile === undefined) return '';
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const stages = profile.stages.slice(0, 3).map(({ name, share }) => `${name} ${percent(share)}`);
  const others = profile.processes.filter(({ name }) => name !== 'portcullis');
  const beside = others.map(
    ({ name, share }) => ` beside ${name === 'opa' ? 'OPA' : name}, which takes ${percent(share)} of the core`,
  );
  return `The time of Portcullis goes to ${stages.join(', ')}${beside.join('')}. `;
}
