import { type BuiltinContext, type Builtins, builtin, integer, string } from './builtin.js';
import { numberFromBigInt } from './rego/number.js';
import { objectOf } from './rego/rego-value.js';

/** What a policy learns of its surroundings: variables that are listed, and random numbers. */
export function environmentBuiltins(context: BuiltinContext): Builtins {
  return {
    'opa.runtime': () => objectOf([['env', objectOf(Object.entries(context.env))]]),
    'rand.intn': builtin([string, integer], (name, given) => {
      const limit = given < 0n ? -given : given;
      if (limit === 0n) return 0;
      const random = Buffer.from(context.random(`rand.intn ${limit} ${name}`));
      return numberFromBigInt(BigInt(`0x${random.toString('hex')}`) % limit);
    }),
    // Traces are for people who evaluate a policy by hand.
    trace: builtin([string], () => true),
  };
}
