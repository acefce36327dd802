import type { KubernetesObject, Watch } from '@kubernetes/client-node';
import type { JsonObject } from '../../json/json.js';
import type { ApiClient } from '../api/api-client.js';
import type { TokenFile } from '../api/token-file.js';
import type { ApiObject, Projection } from './projection.js';
import { readList } from './read-list.js';
import { listPath, listTarget, type WatchSpec } from './watch-spec.js';

export type KeptObject = JsonObject & ApiObject;

/** What an informer tells. */
export interface InformerListener {
  /** The objects are these, as the API server had them at `time` (milliseconds since 1970) or later. */
  changed(objects: () => readonly KeptObject[], time: number): void;
  /** The API server said at `time` that they still are. */
  unchanged(time: number): void;
  /** It has ended; nothing more comes. */
  failed(reason: string): void;
}

/** Begins to list and watch; returns a function that ends it. */
export type OpenInformer = (spec: WatchSpec, project: Projection, listener: InformerListener) => () => void;

export interface InformerPlace {
  readonly url: string;
  /** File of the certificate authorities. */
  readonly caFile: string;
  readonly token: TokenFile;
  /** Lists go through it, with its limits of time and size. */
  readonly api: Pick<ApiClient, 'get'>;
}

/** Seconds after which the API server ends a watch, which then goes on where it was. */
const watchSeconds = 290;

/** Milliseconds from one watch to the next, should one end at once. */
const watchPause = 1000;

/** Loads the official client, which takes a moment: only who watches pays for it. */
export async function createInformers(place: InformerPlace): Promise<OpenInformer> {
  const client = await import('@kubernetes/client-node');
  const config = new client.KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'api', server: place.url.replace(/\/+$/, ''), caFile: place.caFile, skipTLSVerify: false },
    { name: 'service-account' },
  );
  config.addAuthenticator({
    isAuthProvider: () => true,
    applyAuthentication: async (_user, options) => {
      const token = await place.token.current();
      if (!token.ok) throw new Error(token.error);
      options.headers = { ...options.headers, Authorization: `Bearer ${token.value}` };
    },
  });

  return (spec, project, listener) => {
    const session = new Session(listener);
    const list = async () => {
      const asked = Date.now();
      const { items, ...rest } = await readList(place.api, listTarget(spec));
      const kept = items.map(project);
      session.tell(() => listener.changed(() => kept, asked));
      return { ...rest, items: kept as unknown as KubernetesObject[] };
    };
    const watch = guarded(new client.Watch(config), project, session, () => objects());
    const informer = new client.ListWatch(listPath(spec), watch, list, false, spec.labelSelector, spec.fieldSelector);
    const objects = () => informer.list() as unknown as readonly KeptObject[];
    session.onEnd(() => void informer.stop());
    informer.on('error', (error) => session.fail(error));
    informer.start().catch((error: unknown) => session.fail(error));
    return () => session.end();
  };
}

/**
 * The client's watch, with what it lacks: bookmarks, by which the API server says that nothing has changed; a pause
 * before the next one; an end that is not overtaken by a beginning; and no rejection that nobody handles.
 */
function guarded(watch: Watch, project: Projection, session: Session, objects: () => readonly KeptObject[]): Watch {
  let last = Number.NEGATIVE_INFINITY;
  const begin: Watch['watch'] = async (path, parameters, callback, done) => {
    await pause(last + watchPause - performance.now());
    last = performance.now();
    if (session.ended) return new AbortController();
    const query = { ...parameters, allowWatchBookmarks: true, timeoutSeconds: watchSeconds };
    const onEvent: typeof callback = (phase, object, event) => {
      if (session.ended) return;
      callback(phase, isObjectEvent(phase) ? project(object) : object, event);
      if (isObjectEvent(phase)) session.tell(({ changed }) => changed(objects, Date.now()));
      else if (phase === 'BOOKMARK') session.tell(({ unchanged }) => unchanged(Date.now()));
    };
    try {
      const controller = await watch.watch(path, query, onEvent, (error) => {
        if (!session.ended) done(error);
      });
      session.onEnd(() => controller.abort());
      return controller;
    } catch (error) {
      session.fail(error);
      return new AbortController();
    }
  };
  return { config: watch.config, watch: begin } as Watch;
}

function isObjectEvent(phase: string): boolean {
  return phase === 'ADDED' || phase === 'MODIFIED' || phase === 'DELETED';
}

function pause(milliseconds: number): Promise<void> | undefined {
  if (milliseconds <= 0) return undefined;
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}

/** An informer from its beginning to its end. After the end nothing is told. */
class Session {
  readonly #listener: InformerListener;
  #endings: (() => void)[] = [];
  ended = false;

  constructor(listener: InformerListener) {
    this.#listener = listener;
  }

  tell(what: (listener: InformerListener) => void): void {
    if (!this.ended) what(this.#listener);
  }

  onEnd(ending: () => void): void {
    if (this.ended) ending();
    else this.#endings.push(ending);
  }

  end(): void {
    this.ended = true;
    for (const ending of this.#endings.splice(0)) ending();
  }

  fail(error: unknown): void {
    if (this.ended) return;
    this.end();
    this.#listener.failed(describe(error));
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'the watch ended';
  const { statusCode } = error as { statusCode?: number };
  return statusCode === undefined ? error.message : `${statusCode}: ${error.message}`;
}
