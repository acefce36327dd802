import { execFile } from 'node:child_process';
import { type Cores, pinned } from './cores.js';

/** How load is put on a server. */
export interface Shape {
  readonly id: string;
  readonly title: string;
  readonly connections: number;
  /** Requests under way on each connection, in a closed loop. */
  readonly streams: number;
  /** Requests a second, in an open loop; 0 in a closed one. */
  readonly rate: number;
}

/** Milliseconds. */
export interface Latency {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface LoadResult {
  /** Answers that count. */
  readonly requests: number;
  /** All requests sent, those of the warm-up too. */
  readonly sent: number;
  readonly seconds: number;
  /** Answers a second. */
  readonly rate: number;
  /** How many answers were of which kind: `allow`, `deny 7`, `grpc 14`, `http 200`. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Requests that got no answer within 5 s of the end of an open loop. */
  readonly unanswered: number;
  readonly cpuSeconds: number;
  readonly latency: Latency;
}

export interface LoadOptions {
  readonly program: string;
  readonly cores: Cores;
  /** Several with commas between. */
  readonly address: string;
  readonly requests: string;
  readonly shape: Shape;
  /** Seconds. */
  readonly warmup: number;
  readonly seconds: number;
  readonly seed?: number;
}

/** Puts load on a server and resolves to what came of it. */
export function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { address, cores, program, requests, seconds, seed = 1, shape, warmup } = options;
  const command = pinned(cores.load, program, [
    ...['-address', address, '-requests', requests],
    ...['-connections', String(shape.connections), '-streams', String(shape.streams), '-rate', String(shape.rate)],
    ...['-warmup', `${warmup}s`, '-duration', `${seconds}s`, '-seed', String(seed)],
  ]);
  return new Promise((resolve, reject) => {
    execFile(command.program, command.args, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`load on ${address}: ${stderr.trim() || error.message}`));
      else resolve(JSON.parse(stdout) as LoadResult);
    });
  });
}
