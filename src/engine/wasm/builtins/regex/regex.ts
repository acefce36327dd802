import { type Builtins, builtin, integer, string } from '../builtin.js';
import { type Pattern, patternCompiler } from './pattern.js';
import { expandReplacement } from './replacement.js';
import { templatePattern } from './template.js';

export function regexBuiltins(): Builtins {
  const compile = patternCompiler();
  return {
    'regex.find_n': builtin([string, string, integer], (source, text, count) => {
      const limit = count < 0n ? undefined : Number(count);
      return compile(source)
        ?.findAll(text, limit)
        .map(([[start, end]]) => text.slice(start, end));
    }),
    'regex.replace': builtin([string, string, string], (text, source, replacement) => {
      const pattern = compile(source);
      return pattern === undefined ? undefined : replaceAll(text, pattern, replacement);
    }),
    'regex.split': builtin([string, string], (source, text) => {
      const pattern = compile(source);
      return pattern === undefined ? undefined : split(text, pattern, source);
    }),
    'regex.template_match': builtin([string, string, string, string], (template, text, start, end) => {
      if (Buffer.byteLength(start) !== 1 || Buffer.byteLength(end) !== 1) return undefined;
      const source = templatePattern(template, start, end, (part) => compile(part) !== undefined);
      const pattern = source === undefined ? undefined : compile(source);
      return pattern === undefined ? undefined : pattern.findAll(text, 1).length > 0;
    }),
  };
}

function replaceAll(text: string, pattern: Pattern, replacement: string): string {
  let result = '';
  let from = 0;
  for (const match of pattern.findAll(text)) {
    const [start, end] = match[0];
    result += text.slice(from, start) + expandReplacement(replacement, text, match, pattern);
    from = end;
  }
  return result + text.slice(from);
}

function split(text: string, pattern: Pattern, source: string): readonly string[] {
  if (source !== '' && text === '') return [''];
  const parts: string[] = [];
  let from = 0;
  let last = 0;
  for (const [[start, end]] of pattern.findAll(text)) {
    last = start;
    if (end !== 0) parts.push(text.slice(from, start));
    from = end;
  }
  if (last !== text.length) parts.push(text.slice(from));
  return parts;
}
