import type { HeaderLine, HttpRequest, StringMap } from '../../envoy/attributes.js';
import { WireHeaders } from '../../envoy/wire-headers.js';
import { decodeUtf8 } from '../../json/decode-utf8.js';

/** The headers of a request, whichever way Envoy sent them. Names are compared without case. */
export interface HeaderView {
  /** Every value of the name in order; with the `headers` map Envoy has joined them to one with commas. */
  values(name: string): readonly string[];
  /** The values joined with a comma; undefined when there is none. */
  get(name: string): string | undefined;
  /**
   * Names in lower case, pseudo headers included; a name that is repeated may come more than once.
   *
   * @param isWanted which lengths are asked for; all unless told otherwise
   */
  names(isWanted?: (length: number) => boolean): readonly string[];
  /** Name in lower case to joined value, without pseudo headers such as `:path`, without a prototype. */
  all(): StringMap;
}

/**
 * One view over the `headers` map and over `header_map` (`encode_raw_headers`). Envoy sends one of
 * the two; if both are there, the values of both count, so that none can hide behind the other.
 *
 * @param http undefined for a check without a request (network filter): no headers
 */
export function headerView(http: Pick<HttpRequest, 'headers' | 'headerMap'> | undefined): HeaderView {
  const headers = http?.headers;
  const lines = http?.headerMap?.headers;
  return headers instanceof WireHeaders && lines === undefined
    ? viewOfWire(headers)
    : viewOf(http && headerMap(http), lines);
}

/** The `headers` map itself. */
export function headerMap({ headers }: Pick<HttpRequest, 'headers'>): StringMap | undefined {
  return headers instanceof WireHeaders ? headers.value : headers;
}

/** Looks for what is asked for where it lies. */
function viewOfWire(headers: WireHeaders): HeaderView {
  return {
    values: (name) => valuesOfWire(headers, name),
    get: (name) => {
      const found = valuesOfWire(headers, name);
      return found.length === 0 ? undefined : found.join(',');
    },
    names: (isWanted = anyLength) => headers.names(isWanted).map(lowerCase),
    all: () => collect(headers.value, undefined),
  };
}

function anyLength(): boolean {
  return true;
}

function valuesOfWire(headers: WireHeaders, name: string): readonly string[] {
  return headers.values(name.length, (key) => sameName(key, name));
}

function viewOf(map: StringMap | undefined, lines: readonly HeaderLine[] | undefined): HeaderView {
  const values = (name: string): readonly string[] => [...fromMap(map, name), ...fromLines(lines, name)];
  return {
    values,
    get(name) {
      const found = values(name);
      return found.length === 0 ? undefined : found.join(',');
    },
    names: (isWanted = anyLength) =>
      [...Object.keys(map ?? {}), ...(lines ?? []).map(({ key = '' }) => key)]
        .map(lowerCase)
        .filter(({ length }) => isWanted(length)),
    all: () => collect(map, lines),
  };
}

function fromMap(map: StringMap | undefined, name: string): readonly string[] {
  if (map === undefined) return [];
  const found: string[] = [];
  for (const key of Object.keys(map)) {
    const value = sameName(key, name) ? map[key] : undefined;
    if (value !== undefined) found.push(value);
  }
  return found;
}

function fromLines(lines: readonly HeaderLine[] | undefined, name: string): readonly string[] {
  if (lines === undefined) return [];
  return lines.filter((line) => sameName(line.key ?? '', name)).map(lineValue);
}

function sameName(key: string, name: string): boolean {
  return key.length === name.length && (key === name || key.toLowerCase() === name);
}

function lineValue(line: HeaderLine): string {
  return line.rawValue === undefined ? (line.value ?? '') : decodeUtf8(line.rawValue);
}

function lowerCase(name: string): string {
  return name.toLowerCase();
}

function collect(map: StringMap | undefined, lines: readonly HeaderLine[] | undefined): StringMap {
  const all: Record<string, string> = Object.create(null);
  const add = (key: string, value: string): void => {
    const name = key.toLowerCase();
    if (name.startsWith(':')) return;
    const known = all[name];
    all[name] = known === undefined ? value : `${known},${value}`;
  };
  for (const key of Object.keys(map ?? {})) add(key, map?.[key] ?? '');
  for (const line of lines ?? []) add(line.key ?? '', lineValue(line));
  return all;
}
