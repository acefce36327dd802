import { fail, ok, type Result } from '../../errors/result.js';
import type { JsonObject } from '../../json/json.js';
import type { Bundle, BundleFile, BundleManifest } from './bundle.js';
import { bundleFileKind } from './bundle-file.js';
import { isRecord, mergeData, placeBelow } from './merge-data.js';
import { outsideRoots } from './outside-roots.js';
import { parseDataFile } from './parse-data-file.js';
import { parseManifest } from './parse-manifest.js';

const defaultManifest: BundleManifest = { revision: undefined, roots: [''], entrypoints: [] };

/** Puts the files together the way OPA activates a bundle. */
export function assembleBundle(files: readonly BundleFile[]): Result<Bundle> {
  const sources = new Map<string, string>();
  let manifest = defaultManifest;
  let data: JsonObject = Object.create(null);
  let wasm: Uint8Array<ArrayBuffer> | undefined;
  let plan: Uint8Array | undefined;

  for (const file of files) {
    switch (bundleFileKind(file.path)) {
      case 'manifest': {
        const parsed = parseManifest(file.content);
        if (!parsed.ok) return parsed;
        manifest = parsed.value;
        break;
      }
      case 'data': {
        const merged = addData(data, file);
        if (!merged.ok) return merged;
        data = merged.value;
        break;
      }
      case 'rego':
        sources.set(file.path, file.content.toString('utf8'));
        break;
      case 'wasm':
        if (wasm !== undefined) return fail('it has more than one WebAssembly module');
        wasm = Uint8Array.from(file.content);
        break;
      case 'plan':
        plan = file.content;
        break;
      case 'patch':
        return fail('it is a delta bundle (patch.json), which only changes another bundle');
      case undefined:
        break;
    }
  }
  const stray = outsideRoots(data, manifest.roots);
  if (stray !== undefined) return fail(`data.${stray.join('.')} lies outside the roots of its .manifest`);
  return ok({ manifest, data, sources, wasm, plan });
}

function addData(data: JsonObject, file: BundleFile): Result<JsonObject> {
  const parsed = parseDataFile(file);
  if (!parsed.ok) return parsed;
  const placed = placeBelow(file.path.split('/').slice(0, -1), parsed.value);
  return isRecord(placed) ? mergeData(data, placed) : fail(`${file.path} is not an object`);
}
