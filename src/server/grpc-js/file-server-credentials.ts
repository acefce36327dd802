import { ServerCredentials } from '@grpc/grpc-js';
import { handshakeTimeout, type TlsWatch } from '../tls-watch.js';

/** Server credentials that follow watched files. */
export class FileServerCredentials extends ServerCredentials {
  constructor(watch: TlsWatch) {
    const { mutual } = watch;
    super({ requestCert: mutual, rejectUnauthorized: mutual, handshakeTimeout }, watch.material);
    watch.follow((material) => this.updateSecureContextOptions(material));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}
