import { readFile } from 'node:fs/promises';

/** Processor time that the kernel accounts in ticks of a hundredth of a second. */
const ticksPerSecond = 100;

/** Seconds of processor time that a process has used so far, in user and kernel mode, all threads. */
export async function cpuSeconds(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Resident memory of a process in MB, now and at its highest. */
export async function memory(pid: number): Promise<{ readonly now: number; readonly highest: number }> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN) / 1024;
  return { now: of('VmRSS'), highest: of('VmHWM') };
}

/** What a core has done since the machine started, in seconds. */
export interface CoreTime {
  /** In processes. */
  readonly processes: number;
  /** Taken by the machine below a virtual one. */
  readonly stolen: number;
}

export async function coreTime(core: number): Promise<CoreTime> {
  const text = await readFile('/proc/stat', 'utf8');
  const fields = new RegExp(`^cpu${core} (.*)$`, 'm').exec(text)?.[1]?.split(' ').map(Number) ?? [];
  const [user = 0, nice = 0, system = 0, , , , , stolen = 0] = fields;
  return { processes: (user + nice + system) / ticksPerSecond, stolen: stolen / ticksPerSecond };
}
