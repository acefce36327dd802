import { fail, ok, type Result } from '../../errors/result.js';
import type { JsonObject } from '../../json/json.js';
import type { Bundle } from '../bundle/bundle.js';
import { mergeData } from '../bundle/merge-data.js';

/** Several bundles as the one that an engine serves: their roots do not overlap, and one of them holds the policy. */
export function combineBundles(bundles: ReadonlyMap<string, Bundle>): Result<Bundle> {
  const overlap = findOverlap(bundles);
  if (overlap !== undefined) return fail(overlap);
  const [policy, surplus] = [...bundles].filter(([, { wasm }]) => wasm !== undefined);
  if (policy === undefined) return fail('none of the bundles has a WebAssembly module');
  if (surplus !== undefined)
    return fail(`${policy[0]} and ${surplus[0]} both have a WebAssembly module; one of them must be data`);
  let data: JsonObject = Object.create(null);
  for (const [name, bundle] of bundles) {
    const merged = mergeData(data, bundle.data);
    if (!merged.ok) return fail(`${name}: ${merged.error}`);
    data = merged.value;
  }
  const sources = new Map([...bundles].flatMap(([name, bundle]) => prefixed(name, bundle.sources)));
  const roots = [...bundles.values()].flatMap(({ manifest }) => manifest.roots);
  const revision = joinRevisions(bundles);
  return ok({ ...policy[1], data, sources, manifest: { ...policy[1].manifest, roots, revision } });
}

/** One bundle: its revision. Several: `name=revision` of each, since any of them may have decided; as for an OPA. */
function joinRevisions(bundles: ReadonlyMap<string, Bundle>): string | undefined {
  const known = [...bundles].flatMap(
    ([
      name,
      {
        manifest: { revision },
      },
    ]) => (revision ? [{ name, revision }] : []),
  );
  if (known.length <= 1) return known[0]?.revision;
  return known
    .map(({ name, revision }) => `${name}=${revision}`)
    .sort()
    .join(',');
}

function findOverlap(bundles: ReadonlyMap<string, Bundle>): string | undefined {
  const owned = [...bundles].flatMap(([name, { manifest }]) =>
    manifest.roots.map((root) => ({ name, root: slashed(root) })),
  );
  for (const [index, { name, root }] of owned.entries()) {
    const other = owned.slice(index + 1).find((one) => one.name !== name && isWithinEither(one.root, root));
    if (other === undefined) continue;
    return `${name} and ${other.name} both own ${JSON.stringify(longer(root, other.root))}; give them .manifest roots that do not overlap`;
  }
  return undefined;
}

/** `shop` as `/shop/`, so that it does not hold `shopping`; everything is `/`. */
function slashed(root: string): string {
  const trimmed = root.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '/' : `/${trimmed}/`;
}

function isWithinEither(left: string, right: string): boolean {
  return left.startsWith(right) || right.startsWith(left);
}

function longer(left: string, right: string): string {
  return (left.length > right.length ? left : right).replace(/^\/|\/$/g, '');
}

function prefixed(name: string, sources: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  return [...sources].map(([path, text]) => [`${name}/${path}`, text] as const);
}
