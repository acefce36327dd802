import { readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../../test/fuzz/corpus/', import.meta.url);

/** The inputs that are kept for a target. In the file one character is one byte. */
export function readCorpus(target: string): Buffer[] {
  const texts = JSON.parse(readFileSync(fileOf(target), 'utf8')) as string[];
  return texts.map((text) => Buffer.from(text, 'latin1'));
}

/** Keeps these inputs, without repetitions, the short ones first. */
export function writeCorpus(target: string, inputs: readonly Buffer[]): void {
  const texts = [...new Set(inputs.map((bytes) => bytes.toString('latin1')))];
  texts.sort((one, other) => one.length - other.length || (one < other ? -1 : 1));
  writeFileSync(fileOf(target), `${escapeBytes(JSON.stringify(texts, undefined, 2))}\n`);
}

function fileOf(target: string): URL {
  return new URL(`${target}.json`, folder);
}

/** Beyond ASCII as escapes, so that no editor changes a byte. */
function escapeBytes(json: string): string {
  return json.replace(/[\x7f-\xff]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}
