import type { BuiltinContext, Builtins } from './builtin.js';
import { collectionBuiltins } from './collections.js';
import { cryptoBuiltins } from './crypto.js';
import { encodingBuiltins } from './encoding.js';
import { environmentBuiltins } from './environment.js';
import { jwtBuiltins } from './jwt/jwt.js';
import { netBuiltins } from './net.js';
import { regexBuiltins } from './regex/regex.js';
import { semverBuiltins } from './semver.js';
import { sprintfBuiltins } from './sprintf.js';
import { stringBuiltins } from './strings.js';
import { timeBuiltins } from './time/time.js';
import { unitBuiltins } from './units.js';
import { uuidBuiltins } from './uuid.js';

export type { Builtin, BuiltinContext, Builtins } from './builtin.js';

/**
 * The built-ins that a policy compiled to WebAssembly calls in the host, by name, with OPA's
 * answers (`docs/builtins.md` lists where they differ). Synchronous, and without I/O.
 */
export function createBuiltins(context: BuiltinContext): Builtins {
  return Object.assign(
    Object.create(null),
    collectionBuiltins,
    cryptoBuiltins,
    encodingBuiltins,
    environmentBuiltins(context),
    jwtBuiltins(context),
    netBuiltins,
    regexBuiltins(),
    semverBuiltins,
    sprintfBuiltins,
    stringBuiltins,
    timeBuiltins(context),
    unitBuiltins,
    uuidBuiltins(context),
  );
}

/** The names that {@link createBuiltins} has. A policy that calls any other is refused when it is loaded. */
export const supportedBuiltins: ReadonlySet<string> = new Set(
  Object.keys(createBuiltins({ nowNs: () => 0n, random: () => new Uint8Array(16), env: {} })),
);
