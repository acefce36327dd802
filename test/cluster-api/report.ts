import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import { kubectl } from '../cluster/support/kubectl.js';
import { repository } from '../support/portcullis-server.js';

/** Writes the page of what these tests showed, once they have run. Call it once in the file. */
export function reportRun(page: string): void {
  const lines: string[] = [];
  afterEach(({ task }) => {
    lines.push(`| ${task.name} | ${task.result?.state === 'fail' ? '**failed**' : 'passed'} |`);
  });
  afterAll(async () => {
    const { serverVersion } = JSON.parse(await kubectl(['version', '--output', 'json'])) as {
      serverVersion: { gitVersion: string };
    };
    const text = [
      '# Kubernetes data on a real cluster',
      '',
      `Written by \`npm run test:cluster-api\` on ${new Date().toISOString().slice(0, 10)}, against a kube-apiserver ${serverVersion.gitVersion}`,
      'with the rights of `k8s/components/kubernetes-client`. Portcullis and OPA are real; between Portcullis and the API',
      'server stands a forwarder that can be cut, so that nobody else who uses the cluster notices.',
      '',
      '| what was shown | outcome |',
      '| --- | --- |',
      ...lines,
      '',
    ];
    await writeFile(join(repository, page), text.join('\n'));
  });
}
