import type { ChildProcess } from 'node:child_process';
import { fail, ok, type Result } from '../errors/result.js';
import { beat, type Order, type Report, type WorkerFailure } from './messages.js';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Signs of life that may fail to come before a worker that serves is ended. */
const mostMissed = 10;
/** Milliseconds. */
const answerTimeout = 2_000;

type Question =
  | { readonly order: 'metrics' | 'status' | 'public_keys' }
  | Omit<Extract<Order, { order: 'reload' }>, 'id'>;

/** One life of a worker, from its fork to its end, as the supervisor sees it. */
export class WorkerLife {
  readonly pid: number | undefined;
  /** The address on which it serves, or why it does not. */
  readonly served: Promise<Result<string, WorkerFailure>>;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #answers = new Map<number, (answer: unknown) => void>();
  readonly #watch: NodeJS.Timeout;
  #state = 'starting';
  #address: string | undefined;
  #missed = 0;
  #asked = 0;

  constructor(child: ChildProcess, start: Extract<Order, { order: 'start' }>) {
    this.#child = child;
    this.pid = child.pid;
    this.exited = exitOf(child);
    this.served = new Promise((resolve) => {
      child.on('message', (report: Report) => {
        if (report.report === 'serving') resolve(ok(report.address));
        if (report.report === 'failed') resolve(fail(report.failure));
        this.#hear(report);
      });
      void this.exited.then(() => resolve(fail({ code: 'internal', message: 'a worker ended before it served' })));
    });
    // The system counts while everything stands still, and then everything is late: only our own turns count.
    this.#watch = setInterval(() => this.#expectSign(), beat);
    void this.exited.then(() => this.#end());
    this.tell(start);
  }

  /** `starting`, `ready`, why it is not, or `ended`. */
  state(): string {
    return this.#state;
  }

  address(): string | undefined {
    return this.#address;
  }

  tell(order: Order): void {
    // One that is gone hears nothing; its exit says so.
    if (this.#child.connected) this.#child.send(order, () => {});
  }

  /** What it answers; undefined if it does not, within two seconds unless told otherwise. */
  ask(question: Question, timeout = answerTimeout): Promise<unknown> {
    if (!this.#child.connected) return Promise.resolve(undefined);
    const id = ++this.#asked;
    return new Promise((resolve) => {
      const late = setTimeout(() => settle(undefined), timeout);
      const settle = (answer: unknown) => {
        clearTimeout(late);
        this.#answers.delete(id);
        resolve(answer);
      };
      this.#answers.set(id, settle);
      this.tell({ ...question, id });
    });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #hear(report: Report): void {
    this.#missed = 0;
    if (report.report === 'answer') this.#answers.get(report.id)?.(report.answer);
    if (report.report === 'serving') this.#address = report.address;
    if (report.report === 'serving' || report.report === 'alive') this.#state = report.state;
  }

  /** A worker may load for long before it serves; afterwards, one that is silent answers no checks either. */
  #expectSign(): void {
    if (this.#address === undefined) return;
    this.#missed += 1;
    if (this.#missed > mostMissed) this.kill();
  }

  #end(): void {
    clearInterval(this.#watch);
    this.#state = 'ended';
    for (const settle of [...this.#answers.values()]) settle(undefined);
  }
}

/** Resolves when it has ended and everything that it said has been heard. */
function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    let exit: Exit | undefined;
    const done = () => {
      if (exit !== undefined && !child.connected) resolve(exit);
    };
    child.once('exit', (code, signal) => {
      exit = { code, signal };
      done();
    });
    child.once('disconnect', done);
    child.on('error', () => {
      // No process could be made, or an order did not arrive; the latter shows in its exit.
      if (child.pid === undefined) resolve({ code: null, signal: null });
    });
  });
}
