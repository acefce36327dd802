/** A mapping as read from YAML: not yet trusted to be anything. */
export type Mapping = Readonly<Record<string, unknown>>;

/** In a path, stands for every item of a list. */
export const eachItem = '[]';

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Lays `over` upon `base`: mappings are merged, anything else is replaced. */
export function layer(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (!isMapping(base) || !isMapping(over)) return over;
  const added = Object.entries(over).map(([name, value]) => [name, layer(valueAt(base, [name]), value)]);
  // Object.fromEntries defines `__proto__` as an ordinary key; an assignment would change the prototype.
  return Object.fromEntries([...Object.entries(base), ...added]);
}

/** A mapping that has nothing but `value` at `path`. */
export function nest(path: readonly string[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, name) => Object.fromEntries([[name, inner]]), value);
}

export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Readonly<Record<PropertyKey, unknown>>)[name];
  }
  return found;
}

/** A copy in which `change` was applied to what stands at `path`, if anything does. */
export function changeAt(value: unknown, path: readonly string[], change: (found: unknown) => unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return change(value);
  if (name === eachItem) {
    return Array.isArray(value) ? value.map((item) => changeAt(item, rest, change)) : value;
  }
  if (!isMapping(value) || !Object.hasOwn(value, name)) return value;
  return { ...value, [name]: changeAt(value[name], rest, change) };
}

/** Freezes a value and everything in it. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
