import { configJsonSchema } from '../../src/config/schema-keys.js';
import { compatibilityPage } from './compatibility-page.js';
import { configurationPage } from './configuration-page.js';
import { errorsPage } from './errors-page.js';
import { jsonText } from './json-text.js';

export interface GeneratedPage {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** The pages that are made from the source, so that they cannot say something else. */
export function generatedPages(): GeneratedPage[] {
  return [
    { path: 'docs/compatibility.md', text: compatibilityPage() },
    { path: 'docs/configuration.md', text: configurationPage() },
    { path: 'docs/errors.md', text: errorsPage() },
    { path: 'docs/config.schema.json', text: `${jsonText(configJsonSchema())}\n` },
  ];
}
