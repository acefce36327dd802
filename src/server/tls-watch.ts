import { PortcullisError } from '../errors/portcullis-error.js';
import { readTlsFiles, sameMaterial, type TlsFiles, type TlsMaterial } from './tls-files.js';

export interface TlsReloadEvents {
  /** New connections use the renewed files from now on. */
  readonly reloaded: () => void;
  /** The renewed files cannot be used; the previous ones stay. Told once for each distinct failure. */
  readonly refused: (error: PortcullisError) => void;
}

/** How long a client may take for its handshake, in milliseconds; Node's own default is two minutes. */
export const handshakeTimeout = 10_000;

/**
 * TLS files that are read again every `pollInterval` milliseconds. The content is compared, not the
 * time stamp: certificates mounted into a container are renewed by swapping a link.
 */
export class TlsWatch {
  readonly #files: TlsFiles;
  readonly #events: TlsReloadEvents;
  readonly #timer: NodeJS.Timeout;
  #current: TlsMaterial;
  #use: (material: TlsMaterial) => void = () => {};
  #lastRefusal: string | undefined;

  /** @throws PortcullisError `tls_invalid`, naming the file */
  static async open(files: TlsFiles, pollInterval: number, events: TlsReloadEvents): Promise<TlsWatch> {
    return new TlsWatch(files, await readTlsFiles(files), pollInterval, events);
  }

  private constructor(files: TlsFiles, material: TlsMaterial, pollInterval: number, events: TlsReloadEvents) {
    this.#files = files;
    this.#events = events;
    this.#current = material;
    this.#timer = setInterval(() => void this.reload(), pollInterval);
    this.#timer.unref();
  }

  get material(): TlsMaterial {
    return this.#current;
  }

  /** Whether clients must present a certificate. */
  get mutual(): boolean {
    return this.#files.clientCa !== undefined;
  }

  /** Calls `use` with each renewal from now on. */
  follow(use: (material: TlsMaterial) => void): void {
    this.#use = use;
  }

  /** Reads the files now. Never rejects. */
  async reload(): Promise<void> {
    try {
      const next = await readTlsFiles(this.#files);
      this.#lastRefusal = undefined;
      if (sameMaterial(next, this.#current)) return;
      this.#current = next;
      this.#use(next);
      this.#events.reloaded();
    } catch (thrown) {
      this.#refuse(PortcullisError.from(thrown, 'tls_invalid'));
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #refuse(error: PortcullisError): void {
    if (error.message === this.#lastRefusal) return;
    this.#lastRefusal = error.message;
    this.#events.refused(error);
  }
}
