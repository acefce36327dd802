import { kubectl } from './kubectl.js';

const tryToConnect = `
const [host, port] = process.argv.slice(1);
const socket = require('node:net').connect({ host, port: Number(port), timeout: 3000 });
const end = (text) => { console.log(text); process.exit(); };
socket.on('connect', () => end('open')).on('timeout', () => end('closed')).on('error', () => end('closed'));
`;

/** Whether a container can open a connection: the packets of what a NetworkPolicy forbids are dropped. */
export async function canConnect(
  from: { readonly namespace: string; readonly pod: string; readonly container: string },
  host: string,
  port: number,
): Promise<'open' | 'closed'> {
  const { namespace, pod, container } = from;
  const command = ['node', '-e', tryToConnect, '--', host, String(port)];
  const said = await kubectl(['--namespace', namespace, 'exec', pod, '--container', container, '--', ...command]);
  return said.trim() === 'open' ? 'open' : 'closed';
}

/** A Pod that does nothing, to send requests from. It asks for no right that the level `restricted` refuses. */
export function clientPod(namespace: string, labels: Readonly<Record<string, string>> = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'client', namespace, labels },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'client',
          image: 'portcullis-demo:0.1.0',
          command: ['node', '-e', 'setInterval(() => {}, 1e6)'],
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  };
}
