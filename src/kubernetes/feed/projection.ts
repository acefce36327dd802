import type { JsonObject, JsonValue } from '../../json/json.js';

/** An object of the API, as far as it must be known to be kept. */
export interface ApiObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly resourceVersion?: string };
}

export type Projection = (object: JsonObject & ApiObject) => JsonObject & ApiObject;

/** What `kubectl apply` leaves behind: the whole object once more, a Secret's data with it. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Keeps of each object what tells it apart and the members that are named. The data of Secrets is kept only where it
 * is named itself: not by `*`, and not by the annotation that repeats it.
 */
export function projection(keep: readonly string[], isSecret: boolean): Projection {
  const showsData = keep.some((member) => /^(data|stringData)(\.|$)/.test(member));
  const everything = keep.includes('*');
  const paths = keep.filter((member) => member !== '*').map((member) => member.split('.'));
  return (object) => {
    const kept: Members = everything ? copyOf(object) : {};
    if (everything && isSecret && !showsData) {
      delete kept['data'];
      delete kept['stringData'];
    }
    for (const path of paths) copyMember(object, kept, path);
    const metadata: Members = copyOf(kept['metadata'] ?? {});
    delete metadata['managedFields'];
    if (isSecret && !showsData && isObject(metadata['annotations'])) {
      const annotations = copyOf(metadata['annotations']);
      delete annotations[lastApplied];
      metadata['annotations'] = annotations;
    }
    const { name, namespace, resourceVersion } = object.metadata;
    const identity = { name, ...(namespace && { namespace }), ...(resourceVersion && { resourceVersion }) };
    return { ...kept, metadata: { ...metadata, ...identity } };
  };
}

type Members = Record<string, JsonValue | undefined>;

function copyMember(from: JsonValue, into: Members, path: readonly string[]): void {
  const [name, ...rest] = path;
  if (name === undefined || !isObject(from) || !Object.hasOwn(from, name)) return;
  const value = from[name];
  if (rest.length === 0) into[name] = value;
  else if (isObject(value)) {
    const present = into[name];
    const inner: Members = isObject(present) ? { ...present } : {};
    copyMember(value, inner, rest);
    into[name] = inner;
  }
}

function copyOf(value: JsonValue): Members {
  return isObject(value) ? { ...value } : {};
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
