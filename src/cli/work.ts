import type { AdminServer, AdminServerParts } from '../admin/admin-server.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import { fail, ok } from '../errors/result.js';
import { createLogger } from '../telemetry/logger.js';
import { beat, type Order, type Reloaded, type Report } from '../workers/messages.js';
import { type Adapter, startAdapter } from './adapter.js';
import type { ServeIo } from './serve.js';

/** A worker's line to its supervisor. */
export interface SupervisorLine {
  send(report: Report): void;
  onOrder(listener: (order: Order) => void): void;
  /** Nobody is left to answer for this worker. */
  onGone(listener: () => void): void;
  /** Sends what is left and hangs up. */
  close(): Promise<void>;
}

/** One worker: a whole server that is told by its supervisor what to do. Resolves to the exit status. */
export async function work(io: ServeIo, line: SupervisorLine): Promise<number> {
  const orders = queueOrders(line);
  const start = await orders.first;
  if (start.order !== 'start') return 0;
  const { config, worker } = start;
  const logger = createLogger(config.log.level).child({ worker });
  try {
    const openAdmin = (parts: Omit<AdminServerParts, 'listen'>) => answerSupervisor(line, orders, parts);
    const adapter = await startAdapter(config, io.env, logger, { worker, openAdmin });
    return await run(adapter, io, line, orders);
  } catch (thrown) {
    const { code, message } = PortcullisError.from(thrown);
    line.send({ report: 'failed', failure: { code, message } });
    return 1;
  } finally {
    await line.close();
  }
}

interface Orders {
  readonly first: Promise<Order>;
  /** Each listener gets all orders that come from now on. */
  onOrder(listener: (order: Order) => void): void;
}

function queueOrders(line: SupervisorLine): Orders {
  const listeners: ((order: Order) => void)[] = [];
  return {
    first: new Promise((resolve) => {
      line.onOrder((order) => {
        resolve(order);
        for (const listener of listeners) listener(order);
      });
      line.onGone(() => resolve({ order: 'stop' }));
    }),
    onOrder: (listener) => listeners.push(listener),
  };
}

/** Takes the place of the admin port, which the supervisor has for all. */
function answerSupervisor(
  line: SupervisorLine,
  orders: Orders,
  { fault, metrics, publicKeys, readiness, status }: Omit<AdminServerParts, 'listen'>,
): AdminServer {
  const pages = {
    metrics: async () => (await metrics.scrape()).text,
    status: async () => status(),
    public_keys: async () => publicKeys?.(),
  };
  orders.onOrder((order) => {
    if (order.order !== 'metrics' && order.order !== 'status' && order.order !== 'public_keys') return;
    pages[order.order]().then((answer) => line.send({ report: 'answer', id: order.id, answer }), fault);
  });
  const beating = setInterval(() => line.send({ report: 'alive', state: readiness.state() }), beat);
  return {
    listen: async () => 'supervisor',
    close: async () => clearInterval(beating),
  };
}

function run(adapter: Adapter, io: ServeIo, line: SupervisorLine, orders: Orders): Promise<number> {
  return new Promise((resolve) => {
    const hurry = new AbortController();
    let stopping = false;
    const stop = async () => {
      if (stopping) return;
      stopping = true;
      resolve((await adapter.shutDown(hurry.signal)) === 'drained' ? 0 : 1);
    };
    orders.onOrder((order) => {
      if (order.order === 'stop') stopping ? hurry.abort() : void stop();
      if (order.order === 'reload') {
        void reload(adapter, order.config).then((answer) => line.send({ report: 'answer', id: order.id, answer }));
      }
    });
    line.onGone(() => void stop());
    // A service manager may send it to all processes of a service at once: it is no reason to hurry.
    io.onSignal('SIGTERM', () => void stop());
    // A terminal sends them to all; the supervisor says what is to be done.
    io.onSignal('SIGINT', () => {});
    io.onSignal('SIGHUP', () => {});
    line.send({ report: 'serving', address: adapter.addresses.grpc, state: adapter.state() });
  });
}

async function reload(adapter: Adapter, config: Parameters<Adapter['replaceConfig']>[0]): Promise<Reloaded> {
  try {
    await adapter.replaceConfig(config);
    return ok(undefined);
  } catch (thrown) {
    const { code, message } = PortcullisError.from(thrown);
    return fail(`${code}: ${message}`);
  }
}
