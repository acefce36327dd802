import type { Environment } from '../config/environment.js';

/** What a command may touch of the process it runs in. */
export interface CommandIo {
  readonly env: Environment;
  stdout(text: string): void;
  stderr(text: string): void;
}
