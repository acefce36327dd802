import { printable } from '../config/problem.js';
import { assertNever } from '../errors/assert-never.js';
import type { Result } from '../errors/result.js';
import type { BundleArguments } from './bundle/arguments.js';
import { buildBundleFile } from './bundle/build.js';
import { promoteChannel, rollBackChannel, showChannel } from './bundle/channel.js';
import { checkBundle } from './bundle/check.js';
import { diffBundleFiles } from './bundle/diff.js';
import { inspectBundleFile } from './bundle/inspect.js';
import { publishBundleFile } from './bundle/publish.js';
import { signBundleFile, verifyBundleFile } from './bundle/sign.js';
import { testBundle } from './bundle/test.js';
import type { CommandIo } from './command-io.js';

/** `portcullis bundle …`; returns the exit status: 1 for whatever must not go on. */
export async function bundleCommand(args: BundleArguments, io: CommandIo): Promise<number> {
  const outcome = await act(args, io);
  if (outcome.ok) return 0;
  const [first = '', ...more] = outcome.error.split('\n').map(printable);
  io.stderr([`portcullis bundle ${args.action}: ${first}`, ...more, ''].join('\n'));
  return 1;
}

function act(args: BundleArguments, io: CommandIo): Promise<Result<undefined>> {
  switch (args.action) {
    case 'check':
      return checkBundle(args, io);
    case 'test':
      return testBundle(args, io);
    case 'build':
      return buildBundleFile(args, io);
    case 'sign':
      return signBundleFile(args);
    case 'verify':
      return verifyBundleFile(args, io);
    case 'inspect':
      return inspectBundleFile(args, io);
    case 'diff':
      return diffBundleFiles(args, io);
    case 'publish':
      return publishBundleFile(args, io);
    case 'promote':
      return promoteChannel(args, io);
    case 'rollback':
      return rollBackChannel(args, io);
    case 'status':
      return showChannel(args, io);
    default:
      return assertNever(args.action);
  }
}
