import { RE2JS } from 're2js';

/** Where a match and its groups begin and end; undefined for a group that took no part. */
export type Span = readonly [start: number, end: number];
export type Match = readonly [Span, ...(Span | undefined)[]];

/**
 * A regular expression in Go's syntax, in time linear in the text. JavaScript's own RegExp
 * backtracks, and here the text is a client's: one header could stop the whole process (ReDoS).
 */
export interface Pattern {
  /** Matches from the left without overlap, at most `limit`, as Go's `FindAll` finds them. */
  findAll(text: string, limit?: number): readonly Match[];
  readonly groupNames: ReadonlyMap<string, number>;
}

const maxCachedPatterns = 100;

/** Compiles patterns, undefined where malformed, and keeps those in use. */
export function patternCompiler(): (source: string) => Pattern | undefined {
  const cache = new Map<string, Pattern>();
  return (source) => {
    const cached = cache.get(source);
    if (cached !== undefined) return cached;
    const pattern = compile(source);
    if (pattern === undefined) return undefined;
    const [oldest] = cache.keys();
    if (cache.size >= maxCachedPatterns && oldest !== undefined) cache.delete(oldest);
    cache.set(source, pattern);
    return pattern;
  };
}

function compile(source: string): Pattern | undefined {
  try {
    const expression = RE2JS.compile(source);
    return {
      findAll: (text, limit = Number.POSITIVE_INFINITY) => findAll(expression, text, limit),
      groupNames: new Map(Object.entries(expression.namedGroups())),
    };
  } catch {
    return undefined;
  }
}

function findAll(expression: RE2JS, text: string, limit: number): readonly Match[] {
  const matcher = expression.matcher(text);
  const matches: Match[] = [];
  let at = 0;
  let previousEnd = -1;
  while (matches.length < limit && at <= text.length && matcher.find(at)) {
    const match = readMatch(matcher, expression.groupCount());
    const [start, end] = match[0];
    const empty = end === at;
    // An empty match right after another match is none.
    if (!empty || start !== previousEnd) matches.push(match);
    at = empty ? at + String.fromCodePoint(text.codePointAt(at) ?? 0).length : end;
    previousEnd = end;
  }
  return matches;
}

function readMatch(matcher: ReturnType<RE2JS['matcher']>, groups: number): Match {
  const spans: (Span | undefined)[] = [];
  for (let group = 1; group <= groups; group++) {
    const start = matcher.start(group);
    spans.push(start < 0 ? undefined : [start, matcher.end(group)]);
  }
  return [[matcher.start(), matcher.end()], ...spans];
}
