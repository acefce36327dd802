import { errorCodes } from '../../src/errors/portcullis-error.js';
import { code, table } from './markdown.js';

const introduction = `# Errors

Generated from \`src/errors/portcullis-error.ts\` by \`npm run docs\`; a test fails when it is out of date.

The code of an error is stable: it is the field \`code\` of the log and a label of the error counter. What caused it is
in the log only and never in an answer.
`;

/** `docs/errors.md`. */
export function errorsPage(): string {
  const rows = Object.entries(errorCodes).map(([name, meaning]) => [code(name), meaning]);
  return `${introduction}\n${table(['code', 'meaning'], rows)}\n`;
}
