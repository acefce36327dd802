import { array, type Builtins, builtin, string } from './builtin.js';
import { printf } from './go/printf.js';
import type { PrintfArgument } from './go/printf-argument.js';
import { numberText, toInt64 } from './rego/number.js';
import { printValue } from './rego/print-value.js';
import { isNumber, type RegoNumber, type RegoValue } from './rego/rego-value.js';

export const sprintfBuiltins: Builtins = {
  sprintf: builtin([string, array], (format, values) => printf(format, values.map(toArgument))),
};

/** The text of a number decides its type, as in OPA: `1.0` is a float64 although it is whole. */
function toArgument(value: RegoValue): PrintfArgument {
  if (typeof value === 'string') return { type: 'string', value };
  return isNumber(value) ? toNumberArgument(value) : { type: 'string', value: printValue(value) };
}

function toNumberArgument(value: RegoNumber): PrintfArgument {
  const text = numberText(value);
  if (/[.eE]/.test(text)) {
    const float = Number(text);
    return Number.isFinite(float) ? { type: 'float64', value: float } : { type: 'string', value: text };
  }
  const int64 = toInt64(value);
  return int64 === undefined ? { type: '*big.Int', value: BigInt(text) } : { type: 'int64', value: int64 };
}
