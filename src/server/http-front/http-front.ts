import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { CallCancellation } from '../call-cancellation.js';
import { createConnections } from '../connections.js';
import { listen } from '../listen.js';
import { TlsWatch } from '../tls-watch.js';
import type { HttpAnswer } from './http-answer.js';
import type { HttpCheck, HttpFront, HttpFrontEvents, HttpFrontOptions } from './http-front-options.js';
import { createListener } from './listener.js';
import { readMessage } from './read-message.js';
import { writeMessage } from './write-message.js';

export type { HttpCheck, HttpFront, HttpFrontEvents, HttpFrontOptions } from './http-front-options.js';

const malformed: HttpAnswer = { status: 400, headers: [], body: '' };
const unavailable: HttpAnswer = { status: 503, headers: [], body: '' };
const tooLarge: HttpAnswer = { status: 413, headers: [], body: '' };
const internal: HttpAnswer = { status: 500, headers: [], body: '' };

/** The listener of gateways that ask over HTTP/1.1. */
export function createHttpFront(options: HttpFrontOptions, check: HttpCheck, events: HttpFrontEvents): HttpFront {
  const connections = createConnections();
  let server: Server | undefined;
  let tls: TlsWatch | undefined;
  let stopping = false;
  let inFlight = 0;

  async function answer(request: IncomingMessage, signal: CallCancellation): Promise<HttpAnswer> {
    const sub = await readMessage(request, options.maxBodySize);
    if (sub === 'too-large') {
      events.refused('body_too_large');
      return tooLarge;
    }
    // A gateway sets no deadline that we could see; when it gives up, it goes away.
    return check(sub, { deadline: Number.POSITIVE_INFINITY, signal });
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Node takes a line without a version for HTTP/0.9, and asks it for no host.
    if (request.httpVersionMajor !== 1) {
      events.refused('malformed');
      writeMessage(request, response, malformed, true);
      return;
    }
    if (inFlight >= options.maxConcurrentChecks) {
      events.overloaded();
      writeMessage(request, response, unavailable, stopping);
      return;
    }
    const signal = new CallCancellation();
    response.once('close', () => signal.abort());
    inFlight += 1;
    try {
      writeMessage(request, response, await answer(request, signal), stopping);
    } catch (error) {
      // A gateway that went away in the middle of its request is no fault of ours.
      if (!request.destroyed || request.complete) events.fault(error);
      if (response.headersSent) response.destroy();
      else writeMessage(request, response, internal, true);
    } finally {
      inFlight -= 1;
    }
  }

  return {
    listen: async () => {
      tls = options.tls && (await TlsWatch.open(options.tls, options.tlsPollInterval ?? 10_000, events.tls));
      server = createListener(options, tls, events, (request, response) => void respond(request, response));
      server.maxConnections = options.maxConnections;
      server.on('connection', (socket) => {
        connections.add(socket);
        if (options.address.kind === 'unix' || options.isTrustedPeer(socket.remoteAddress ?? '')) return;
        events.refused('untrusted_peer');
        socket.destroy();
      });
      try {
        return await listen(server, options.address, options.socketMode);
      } catch (error) {
        tls?.close();
        throw error;
      }
    },
    checksInFlight: () => inFlight,
    whenNoConnections: connections.whenNone,
    stop: async () => {
      stopping = true;
      tls?.close();
      const closed = new Promise<void>((resolve) => {
        if (server?.listening) server.close(() => resolve());
        else resolve();
      });
      await Promise.all([closed, connections.whenNone()]);
    },
    destroy: connections.destroy,
  };
}
