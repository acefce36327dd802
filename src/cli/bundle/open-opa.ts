import type { Result } from '../../errors/result.js';
import { findOpa, type Opa } from '../../policy/workshop/opa.js';
import type { CommandIo } from '../command-io.js';
import type { BundleArguments } from './arguments.js';

/** The OPA that `--opa` names, else the one on the PATH. */
export function openOpa({ options }: BundleArguments, io: CommandIo): Promise<Result<Opa>> {
  return findOpa(options.opa, io.env['PATH'] ?? '');
}
