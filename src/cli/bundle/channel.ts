import { fail, ok, type Result } from '../../errors/result.js';
import { promote, readChannel, rollBack } from '../../policy/channel/channel.js';
import { type ChannelPointer, isChannelName, isRevisionName } from '../../policy/channel/pointer.js';
import { type RunningAdapter, readReports } from '../../policy/channel/reports.js';
import type { CommandIo } from '../command-io.js';
import type { BundleArguments } from './arguments.js';
import { withStore } from './named-store.js';

/** `portcullis bundle promote CHANNEL REVISION --to STORE`. */
export async function promoteChannel(args: BundleArguments, io: CommandIo): Promise<Result<undefined>> {
  const { operand: channel, second: revision } = args;
  if (!isRevisionName(revision)) return fail(`${JSON.stringify(revision)} is no revision`);
  return moved(args, io, (store) => promote(store, channel, revision));
}

/** `portcullis bundle rollback CHANNEL --to STORE`. */
export async function rollBackChannel(args: BundleArguments, io: CommandIo): Promise<Result<undefined>> {
  return moved(args, io, (store) => rollBack(store, args.operand));
}

/** `portcullis bundle status CHANNEL --to STORE`: status 1 if an adapter runs something else or is not ready. */
export async function showChannel(args: BundleArguments, io: CommandIo): Promise<Result<undefined>> {
  const { operand: channel, options } = args;
  if (!isChannelName(channel)) return fail(`${JSON.stringify(channel)} is no name of a channel`);
  return withStore(args, async (store) => {
    const read = await readChannel(store, channel);
    if (!read.ok) return read;
    if (read.value === undefined) return fail(`${channel}: there is no such channel in ${store.place}`);
    const { pointer } = read.value;
    const adapters = await readReports(store, channel, options.adapters);
    if (!adapters.ok) return adapters;
    const status = { channel, ...pointer, adapters: adapters.value };
    io.stdout(options.json ? `${JSON.stringify(status, null, 2)}\n` : describe(channel, pointer, adapters.value));
    const behind = adapters.value.filter(({ ready, revision }) => !ready || revision !== pointer.revision);
    return behind.length === 0
      ? ok(undefined)
      : fail(`${behind.length} of ${adapters.value.length} adapters do not serve it`);
  });
}

async function moved(
  args: BundleArguments,
  io: CommandIo,
  move: (store: Parameters<typeof rollBack>[0]) => Promise<Result<ChannelPointer>>,
): Promise<Result<undefined>> {
  const channel = args.operand;
  if (!isChannelName(channel)) return fail(`${JSON.stringify(channel)} is no name of a channel`);
  return withStore(args, async (store) => {
    const pointer = await move(store);
    if (!pointer.ok) return pointer;
    io.stdout(`${channel} is at ${pointer.value.revision}\n`);
    return ok(undefined);
  });
}

function describe(
  channel: string,
  { previous, promoted, revision }: ChannelPointer,
  adapters: readonly RunningAdapter[],
) {
  const lines = [`${channel} is at ${revision} since ${promoted}`];
  if (previous[0] !== undefined) lines.push(`before it, ${previous.map((release) => release.revision).join(', ')}`);
  for (const { id, problem, ready, revision: running, time } of adapters) {
    const state = ready ? 'ready' : 'not ready';
    const mark = ready && running === revision ? ' ' : '!';
    lines.push(
      `${mark} ${id}  ${running ?? 'no bundle'}  ${state}  ${time}${problem === undefined ? '' : `  ${problem}`}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
