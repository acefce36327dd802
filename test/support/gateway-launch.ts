import { existsSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findTool } from '../../scripts/tools/find-tool.js';
import { findGateway, type GatewayProgram } from './gateway-program.js';
import type { GatewayAddresses, RunningGateway } from './gateway-stack.js';
import { jsonLines } from './json-lines.js';
import { repository } from './portcullis-server.js';
import { freeAddress } from './ports.js';
import { type Child, startChild, temporaryFolder, waitUntilReady } from './process.js';

/** The configurations of `docs/gateways`, run as they stand there, at other addresses. */
type Launch = (addresses: GatewayAddresses) => Promise<RunningGateway>;

export const startNginx: Launch = (addresses) =>
  launch('nginx', addresses, async (folder, configure) => {
    const { args, ...found } = await findGateway('nginx', folder);
    const config = join(folder, 'nginx.conf');
    await writeFile(join(folder, 'check.conf'), await block('nginx', 'nginx check.conf'));
    await writeFile(config, withFolders(configure(await block('nginx', 'nginx')), folder));
    await writeFile(join(folder, 'access.log'), '');
    return { ...found, args: [...args, '-p', folder, '-c', config, '-e', 'stderr', '-g', 'daemon off;'] };
  });

export const startHaproxy: Launch = (addresses) =>
  launch('haproxy', addresses, async (folder, configure) => {
    const { args, ...found } = await findGateway('haproxy', folder);
    const script = join(folder, 'portcullis.lua');
    await writeFile(script, await readFile(join(repository, 'examples', 'haproxy', 'portcullis.lua')));
    const text = (await block('haproxy', 'haproxy')).replace('/etc/haproxy/portcullis.lua', script);
    await writeFile(join(folder, 'haproxy.cfg'), configure(text));
    return { ...found, args: [...args, '-db', '-f', join(folder, 'haproxy.cfg')] };
  });

export const startCaddy: Launch = (addresses) =>
  launch('caddy', addresses, async (folder, configure) => {
    const config = join(folder, 'Caddyfile');
    await writeFile(config, configure(await block('caddy', 'caddyfile')));
    return { program: await findTool('caddy'), args: ['run', '--adapter', 'caddyfile', '--config', config] };
  });

type Prepare = (folder: string, configure: (text: string) => string) => Promise<GatewayProgram>;

async function launch(name: string, addresses: GatewayAddresses, prepare: Prepare): Promise<RunningGateway> {
  const folder = await temporaryFolder();
  const listener = await freeAddress();
  try {
    const command = await prepare(folder.path, (text) => atAddresses(text, listener, addresses));
    const { program, args, remove } = command;
    const child = startChild({ name, program, args, env: { HOME: folder.path, XDG_DATA_HOME: folder.path } });
    const end = async (ending: Promise<unknown>) => {
      await remove?.().catch(() => undefined);
      await ending;
      await folder.remove();
    };
    await waitForAnswer(child, `http://${listener}`).catch(async (error) => {
      await end(child.kill());
      throw error;
    });
    return {
      url: `http://${listener}`,
      accessLog: () => {
        const file = join(folder.path, 'access.log');
        const kept = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
        return jsonLines([...child.stdout, ...child.stderr, ...kept].filter((line) => line.startsWith('{')));
      },
      stop: () => end(child.stop()),
    };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

/** Whatever it answers, it listens and its configuration has been accepted. */
async function waitForAnswer(child: Child, url: string): Promise<void> {
  await waitUntilReady(child, () =>
    fetch(`${url}/health/liveness`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
}

/** The code block with this label, such as `nginx check.conf`. */
async function block(page: string, label: string): Promise<string> {
  const text = await readFile(join(repository, 'docs', 'gateways', `${page}.md`), 'utf8');
  const [, code] = new RegExp(`^\`\`\`${label}\\n(.*?)^\`\`\`$`, 'ms').exec(text) ?? [];
  if (code === undefined) throw new Error(`docs/gateways/${page}.md has no block ${label}`);
  return code;
}

function atAddresses(text: string, listener: string, { portcullis, backend }: GatewayAddresses): string {
  const [, port = ''] = listener.split(':');
  return text
    .replaceAll('127.0.0.1:8080', listener)
    .replaceAll('http://:8080', `http://:${port}`)
    .replaceAll('127.0.0.1:9292', portcullis)
    .replaceAll('127.0.0.1:8081', backend);
}

/** A package's NGINX keeps its files where only root may write. */
function withFolders(text: string, folder: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const paths = kinds.map((kind) => `  ${kind}_temp_path ${folder}/${kind};`).join('\n');
  const user = process.getuid?.() === 0 ? 'user root;\n' : '';
  const moved = text.replaceAll('/var/log/nginx/', `${folder}/`).replace('http {', `http {\n${paths}`);
  return `${user}pid ${folder}/nginx.pid;\n${moved}`;
}
