import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rig } from '../contenders/contender.js';
import { chooseCores } from './cores.js';
import { workshop } from './places.js';
import { currentRuntime, floorsFolder, goProgram, nodeRuntimes, portcullisMain } from './programs.js';

/** Builds and finds everything that a run needs. `everyNode`: on Node 26 as well, which is fetched if need be. */
export async function prepareRig({ everyNode }: { readonly everyNode: boolean }): Promise<Rig> {
  await rm(join(workshop, 'run'), { recursive: true, force: true });
  return {
    cores: await chooseCores(),
    runtimes: everyNode ? await nodeRuntimes() : [currentRuntime()],
    load: await goProgram('load-go'),
    peer: await goProgram('peer-go'),
    main: await portcullisMain(),
    floors: await floorsFolder(),
  };
}
