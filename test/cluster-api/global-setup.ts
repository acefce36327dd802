import { buildIfNeeded } from '../../scripts/demo/build.js';
import { findTool } from '../../scripts/tools/find-tool.js';
import { kubectlOutcome } from '../cluster/support/kubectl.js';

/** These tests ask a real API server, and say what is missing where they cannot. */
export async function setup(): Promise<void> {
  if ((process.env['KUBECONFIG'] ?? '') === '') {
    throw new Error(
      'npm run test:cluster-api makes and deletes namespaces. Name the cluster to use in KUBECONFIG, for example of kind or minikube.',
    );
  }
  await Promise.all([buildIfNeeded(), findTool('opa')]);
  const { code, stderr } = await kubectlOutcome(['get', '--raw', '/readyz']);
  if (code !== 0) throw new Error(`The API server that KUBECONFIG names is not ready: ${stderr.trim()}`);
}
