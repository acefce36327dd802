import { type DecisionRecord, decisionLine } from './decision-record.js';
import { fileDescriptor, LineWriter, type Sink } from './line-writer.js';

/** One record for each check, for auditors. */
export interface DecisionLog {
  readonly enabled: boolean;
  /** `build` is called only while the log is enabled. Never throws and never waits for the output. */
  record(build: () => DecisionRecord): void;
  /** Writes what is left, for at most two seconds. */
  close(): Promise<void>;
}

export interface DecisionLogOptions {
  readonly enabled: boolean;
  /** Standard output unless told otherwise. */
  readonly sink?: Sink;
  /** Characters that may wait for the output: 8 Mi unless told otherwise. */
  readonly capacity?: number;
  /** Told how many records were lost. */
  readonly onDrop?: (records: number) => void;
}

const closeTimeout = 2_000;

export function createDecisionLog(options: DecisionLogOptions): DecisionLog {
  if (!options.enabled) return { enabled: false, record: () => {}, close: async () => {} };

  const onDrop = options.onDrop ?? (() => {});
  const writer = new LineWriter({
    sink: options.sink ?? fileDescriptor(1),
    capacity: options.capacity ?? 8 * 1024 * 1024,
    onDrop,
  });
  return {
    enabled: true,
    record: (build) => {
      const line = lineOf(build);
      if (line === undefined) onDrop(1);
      else writer.write(line);
    },
    close: () => writer.close(closeTimeout),
  };
}

/** A record that cannot be made is lost and counted: it must not take the check with it. */
function lineOf(build: () => DecisionRecord): string | undefined {
  try {
    return decisionLine(build());
  } catch {
    return undefined;
  }
}
