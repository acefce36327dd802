import { join } from 'node:path';
import { type HttpRequest, type HttpResponse, send } from '../../support/http.js';
import { repository } from '../../support/portcullis-server.js';
import { freePort } from '../../support/ports.js';
import { type ContainerState, docker, inspect, nodeImage, uniqueName, type Variables } from './docker.js';

export interface Project {
  /** Of the gateway that Envoy serves. */
  readonly url: string;
  /** Of what else is published, by the variable of its port. */
  readonly urls: Readonly<Record<string, string>>;
  /** Milliseconds that `up --wait` took, images there. */
  readonly startTime: number;
  compose(args: readonly string[], env?: Variables): Promise<string>;
  /** Of its containers, ended ones included, by service. */
  containers(): Promise<ReadonlyMap<string, ContainerState>>;
  send(path: string, request?: HttpRequest): Promise<HttpResponse>;
  /** The status; `refused` without an answer. */
  statusOf(path: string, request?: HttpRequest): Promise<number | 'refused'>;
  /** Takes everything down, images included. */
  down(): Promise<void>;
  /** What the engine still has of it. */
  leftovers(): Promise<string>;
}

export interface ProjectOptions {
  readonly profile?: string;
  /** Brought up with what they depend on; without any, all of the profile. */
  readonly services?: readonly string[];
  /** The variable that sets the port of the gateway. */
  readonly port: 'GATEWAY_PORT' | 'EMBEDDED_PORT' | 'NGINX_PORT' | 'AUTH_PORT' | 'BUNDLES_PORT';
  /** Variables of further ports that are published. */
  readonly furtherPorts?: readonly string[];
}

const serviceLabel = 'com.docker.compose.service';

/** Brings the shipped compose file up under a name, images and a port of its own. */
export async function bringUp({ profile, services = [], port, furtherPorts = [] }: ProjectOptions): Promise<Project> {
  const name = uniqueName('portcullis-deploy');
  const images = {
    IMAGE_PORTCULLIS: `${name}:test`,
    IMAGE_DEMO: `${name}-demo:test`,
    IMAGE_AUTH: `${name}-auth:test`,
  };
  const ports = Object.fromEntries(
    await Promise.all([port, ...furtherPorts].map(async (variable) => [variable, String(await freePort())] as const)),
  );
  const urls = Object.fromEntries(
    Object.entries(ports).map(([variable, number]) => [variable, `http://127.0.0.1:${number}`]),
  );
  const url = urls[port] ?? '';
  const settings = { ...images, ...ports, IMAGE_NODE: nodeImage };
  const compose = (args: readonly string[], env: Variables = {}) =>
    composeCommand(['--project-name', name, ...(profile === undefined ? [] : ['--profile', profile]), ...args], {
      ...settings,
      ...env,
    });
  const down = async () => {
    await compose(['--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '15']);
    await docker(['image', 'rm', '--force', ...Object.values(images)]).catch(() => '');
  };
  try {
    await compose(['build', '--quiet', '--with-dependencies', ...services]);
    const started = performance.now();
    await compose(['up', '--wait', '--no-build', '--wait-timeout', '180', ...services]);
    const startTime = Math.round(performance.now() - started);
    return {
      url,
      urls,
      startTime,
      compose,
      containers: () => containersOf(name),
      send: (path, request) => send(url, path, request),
      statusOf: async (path, request) =>
        send(url, path, request).then(
          ({ status }) => status,
          () => 'refused',
        ),
      down,
      leftovers: () => leftoversOf(name),
    };
  } catch (error) {
    const logs = await compose(['logs', '--no-color', '--tail', '20']).catch(String);
    await down();
    throw new Error(`compose up failed\n${logs}`, { cause: error });
  }
}

/** `docker compose` on the shipped file, whatever stands in the developer's own `.env`. */
export function composeCommand(args: readonly string[], env: Variables = {}): Promise<string> {
  const file = ['--file', join(repository, 'docker-compose.yml'), '--env-file', '/dev/null'];
  return docker(['compose', ...file, ...args], env);
}

async function containersOf(project: string): Promise<ReadonlyMap<string, ContainerState>> {
  const found = await inspect(lines(await docker(['ps', '--all', '--quiet', '--filter', label(project)])));
  return new Map(found.map((container) => [container.Config.Labels[serviceLabel] ?? '', container]));
}

async function leftoversOf(project: string): Promise<string> {
  const filter = ['--quiet', '--filter', label(project)];
  const kinds = [
    ['ps', '--all', ...filter],
    ['volume', 'ls', ...filter],
    ['network', 'ls', ...filter],
    ['images', '--quiet', '--filter', `reference=${project}*`],
  ];
  return (await Promise.all(kinds.map((args) => docker(args)))).join('');
}

function label(project: string): string {
  return `label=com.docker.compose.project=${project}`;
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
