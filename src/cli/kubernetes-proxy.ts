import { readFile } from 'node:fs/promises';
import { parseListenAddress } from '../config/address.js';
import type { Config } from '../config/schema.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import { ApiClient } from '../kubernetes/api/api-client.js';
import { TokenFile } from '../kubernetes/api/token-file.js';
import { createProxy, type KubernetesProxy } from '../kubernetes/proxy/proxy.js';
import { listen } from '../server/listen.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';

/** Milliseconds for which a failure of the API server is not logged again. */
const quietTime = 10_000;

/**
 * The configured proxy to the Kubernetes API, not yet listening; undefined if there is none.
 *
 * @throws PortcullisError `tls_invalid` or `config_unreadable` when the authorities or the token cannot be read
 */
export async function openKubernetesProxy(
  { api, proxy }: Config['kubernetes'],
  metrics: Pick<Metrics, 'kubernetesRequest' | 'error'>,
  logger: Logger,
): Promise<KubernetesProxy | undefined> {
  if (proxy === undefined) return undefined;
  const client = await openApiClient(api);
  let quietUntil = Number.NEGATIVE_INFINITY;
  const opened = createProxy({
    api: client,
    allow: proxy.allow,
    maxRequests: proxy.max_requests,
    listen: (server) => {
      const address = parseListenAddress(proxy.address);
      if (!address.ok) throw new PortcullisError('config_invalid', `${proxy.address}: expected ${address.error}`);
      return listen(server, address.value, Number.parseInt(proxy.mode, 8));
    },
    count: metrics.kubernetesRequest,
    onFailure: ({ kind, message }) => {
      metrics.error('kubernetes_failed');
      if (performance.now() < quietUntil) return;
      quietUntil = performance.now() + quietTime;
      logger.warn({ err: new PortcullisError('kubernetes_failed', message), kind }, 'the API server was not asked');
    },
  });
  return { listen: opened.listen, close: async () => void (await Promise.all([opened.close(), client.close()])) };
}

/** @throws PortcullisError `tls_invalid` or `config_unreadable` */
export async function openApiClient(api: Config['kubernetes']['api']): Promise<ApiClient> {
  const token = new TokenFile(api.token);
  const present = await token.current();
  if (!present.ok) throw new PortcullisError('config_unreadable', `kubernetes.api.token: ${present.error}`);
  return new ApiClient({
    url: api.url,
    ca: await readAuthorities(api.ca),
    token,
    timeout: api.timeout,
    maxResponseSize: api.max_response_size,
  });
}

async function readAuthorities(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new PortcullisError('tls_invalid', `kubernetes.api.ca: ${file} cannot be read: ${reason}`, { cause: error });
  }
}
