import {
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import type { Socket } from 'node:net';

/** Times in milliseconds; what is undefined never happens. */
export interface ConnectionTerms {
  readonly http2: ServerOptions;
  /** For the client's first frame. */
  readonly firstFrame: number;
  readonly age: number | undefined;
  /** From the GOAWAY for its age to the end of what is still under way. */
  readonly grace: number;
  readonly idle: number | undefined;
  readonly keepaliveTime: number | undefined;
  readonly keepaliveTimeout: number;
}

/** One HTTP/2 connection, from its first frame to its end. */
export interface Connection {
  /** One GOAWAY; calls under way end by themselves, and the connection with the last of them. */
  goAway(): void;
}

export type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Speaks HTTP/2 on `socket`. */
export function serveConnection(socket: Socket, terms: ConnectionTerms, onStream: OnStream): Connection {
  const session = performServerHandshake(socket, terms.http2);
  session.on('error', leaveToClose);
  session.on('stream', (stream, headers) => {
    stream.on('error', leaveToClose);
    onStream(stream, headers);
  });
  const goAway = () => session.close();
  const timers = [
    ...expectFirstFrame(session, socket, terms),
    ...limitAge(socket, terms, goAway),
    ...limitIdleness(session, terms, goAway),
    ...keepAlive(session, socket, terms),
  ];
  socket.once('close', () => {
    for (const timer of timers) clearTimeout(timer);
  });
  return { goAway };
}

/** What goes wrong on a connection or a stream closes it, and that is when its calls are looked after. */
function leaveToClose(): void {}

/** Whoever connects and says nothing would hold one of the connections for ever. */
function expectFirstFrame(session: ServerHttp2Session, socket: Socket, { firstFrame }: ConnectionTerms) {
  const timer = setTimeout(() => socket.destroy(), firstFrame).unref();
  session.once('remoteSettings', () => clearTimeout(timer));
  return [timer];
}

/** More or less a tenth, so that connections that began together do not all end together. */
function limitAge(socket: Socket, { age, grace }: ConnectionTerms, goAway: () => void) {
  if (age === undefined) return [];
  const end = () => {
    goAway();
    const cut = setTimeout(() => socket.destroy(), grace).unref();
    socket.once('close', () => clearTimeout(cut));
  };
  return [setTimeout(end, age * (0.9 + Math.random() * 0.2)).unref()];
}

/** Looks once in each period whether there was a call since the last look. */
function limitIdleness(session: ServerHttp2Session, { idle }: ConnectionTerms, goAway: () => void) {
  if (idle === undefined) return [];
  let open = 0;
  let used = false;
  session.on('stream', (stream) => {
    used = true;
    open += 1;
    stream.once('close', () => {
      open -= 1;
    });
  });
  const look = () => {
    if (open === 0 && !used) goAway();
    used = false;
  };
  return [setInterval(look, idle).unref()];
}

/** A peer that vanished without a word, or that does not read, does not answer a ping. */
function keepAlive(session: ServerHttp2Session, socket: Socket, { keepaliveTime, keepaliveTimeout }: ConnectionTerms) {
  if (keepaliveTime === undefined) return [];
  const ask = () => {
    if (session.destroyed) return;
    const late = setTimeout(() => socket.destroy(), keepaliveTimeout).unref();
    socket.once('close', () => clearTimeout(late));
    session.ping(() => clearTimeout(late));
  };
  return [setInterval(ask, keepaliveTime).unref()];
}
