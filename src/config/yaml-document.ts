import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { fail, ok, type Result } from '../errors/result.js';
import type { ConfigProblem } from './problem.js';

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** YAML text as a value, and where in the text each part of it stands. */
export interface YamlDocument {
  /** Undefined for an empty text. */
  readonly value: unknown;
  /** The position of the value at `path`, of its key, or of the nearest thing around it. */
  locate(path: readonly PropertyKey[], part: 'key' | 'value'): Position | undefined;
}

/** Expanding aliases of aliases can fill the memory from a few lines ("billion laughs"). */
const mostAliases = 100;

/** Parses one YAML 1.2 document; `source` names it in problems. Nothing of the text is repeated in a problem. */
export function parseYaml(source: string, text: string): Result<YamlDocument, ConfigProblem[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, uniqueKeys: true });
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) return fail(errors.slice(0, 20).map((error) => syntaxProblem(source, error, lines)));
  keepLeadingZeros(document);
  const value = toValue(document);
  if (!value.ok) return fail([{ code: 'config_invalid', source, what: value.error }]);
  return ok({ value: value.value ?? undefined, locate: (path, part) => locate(document, lines, path, part) });
}

/** `mode: 0660` is the number 660 in YAML 1.2 and 432 in 1.1; nobody means either, so it stays text. */
function keepLeadingZeros(document: Document.Parsed): void {
  visit(document, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value === 'number' && /^0\d+$/.test(scalar.source ?? '')) scalar.value = scalar.source;
    },
  });
}

function toValue(document: Document.Parsed): Result<unknown> {
  try {
    return ok(document.toJS({ maxAliasCount: mostAliases }));
  } catch (error: unknown) {
    if (error instanceof ReferenceError && /resource exhaustion/i.test(error.message)) {
      return fail(`more than ${mostAliases} values come from aliases`);
    }
    return fail('an alias has no anchor before it, or is nested too deeply');
  }
}

const syntaxTexts: Partial<Record<YAMLError['code'], string>> = {
  DUPLICATE_KEY: 'this key stands here twice',
  MULTIPLE_DOCS: 'there is more than one document in this file',
  NON_STRING_KEY: 'a key is not text',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'not valid YAML: a tab cannot indent',
  TAG_RESOLVE_FAILED: 'a tag is not known here',
  BAD_INDENT: 'not valid YAML: wrong indentation, or a bracket is not closed',
  MISSING_CHAR: 'not valid YAML: a character is missing, such as a closing quotation mark, a comma or a colon',
  BAD_ALIAS: 'not valid YAML: an alias has no anchor',
};

function syntaxProblem(source: string, error: YAMLError, lines: LineCounter): ConfigProblem {
  const { line, col } = lines.linePos(error.pos[0]);
  return { code: 'config_invalid', source, line, column: col, what: syntaxTexts[error.code] ?? 'not valid YAML' };
}

function locate(
  document: Document.Parsed,
  lines: LineCounter,
  path: readonly PropertyKey[],
  part: 'key' | 'value',
): Position | undefined {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0];
  for (const [index, segment] of path.entries()) {
    const step = stepInto(document, node, segment);
    if (step === undefined) break;
    const isLast = index === path.length - 1;
    node = step.value;
    offset = (isLast && part === 'key' ? step.key : step.value)?.range?.[0] ?? step.key?.range?.[0] ?? offset;
  }
  if (offset === undefined) return undefined;
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

function stepInto(document: Document.Parsed, from: Node | null, segment: PropertyKey) {
  const node = isAlias(from) ? (from.resolve(document) ?? null) : from;
  if (isSeq<Node>(node)) {
    const item = node.items[Number(segment)];
    return item && { key: item, value: item };
  }
  if (!isMap<Node, Node | null>(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment));
  return pair && { key: pair.key, value: pair.value };
}
