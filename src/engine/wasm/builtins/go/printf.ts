import { emptyField, type Field } from './field.js';
import { type PrintfArgument, printArgument } from './printf-argument.js';

/** Go refuses widths and precisions beyond this, and so keeps a format from filling the memory. */
const tooLarge = 1_000_000;

/** Go's `fmt.Sprintf`, with its texts for what does not fit: `%!d(string=hi)`, `%!v(MISSING)`, … */
export function printf(format: string, args: readonly PrintfArgument[]): string {
  return new Printer(format, args).print();
}

class Printer {
  readonly #format: string;
  readonly #args: readonly PrintfArgument[];
  #at = 0;
  #next = 0;
  #reordered = false;
  #goodIndex = true;
  #afterIndex = false;
  #out = '';

  constructor(format: string, args: readonly PrintfArgument[]) {
    this.#format = format;
    this.#args = args;
  }

  print(): string {
    while (this.#at < this.#format.length) {
      const percent = this.#format.indexOf('%', this.#at);
      if (percent === -1) return this.#out + this.#format.slice(this.#at) + this.#extra();
      this.#out += this.#format.slice(this.#at, percent);
      this.#at = percent + 1;
      this.#directive();
    }
    return this.#out + this.#extra();
  }

  #directive(): void {
    const field = this.#flags();
    this.#goodIndex = true;
    this.#afterIndex = this.#index();
    this.#width(field);
    this.#precision(field);
    if (!this.#afterIndex) this.#afterIndex = this.#index();
    const verb = this.#format.slice(this.#at).match(/^./su)?.[0];
    if (verb === undefined) {
      this.#out += '%!(NOVERB)';
      return;
    }
    this.#at += verb.length;
    this.#out += this.#verb(verb, field);
  }

  #verb(verb: string, field: Field): string {
    if (verb === '%') return '%';
    if (!this.#goodIndex) return `%!${verb}(BADINDEX)`;
    const argument = this.#args[this.#next];
    if (argument === undefined) return `%!${verb}(MISSING)`;
    this.#next++;
    if (verb === 'v' || verb === 'w') goSyntax(field);
    return printArgument(argument, verb, field);
  }

  #flags(): Field {
    const field = emptyField();
    for (; ; this.#at++) {
      const flag = this.#format[this.#at];
      if (flag === '#') field.sharp = true;
      else if (flag === '0') field.zero = true;
      else if (flag === '+') field.plus = true;
      else if (flag === '-') field.minus = true;
      else if (flag === ' ') field.space = true;
      else return field;
    }
  }

  #width(field: Field): void {
    if (this.#take('*')) {
      field.width = this.#starred();
      if (field.width === undefined) this.#out += '%!(BADWIDTH)';
      if (field.width !== undefined && field.width < 0) {
        field.width = -field.width;
        field.minus = true;
        field.zero = false;
      }
      this.#afterIndex = false;
      return;
    }
    field.width = this.#number();
    if (this.#afterIndex && field.width !== undefined) this.#goodIndex = false;
  }

  #precision(field: Field): void {
    if (this.#at + 1 >= this.#format.length || !this.#take('.')) return;
    if (this.#afterIndex) this.#goodIndex = false;
    this.#afterIndex = this.#index();
    if (!this.#take('*')) {
      field.precision = this.#number() ?? 0;
      return;
    }
    const precision = this.#starred();
    if (precision === undefined || precision < 0) this.#out += '%!(BADPREC)';
    else field.precision = precision;
    this.#afterIndex = false;
  }

  /** `[3]`: takes the third argument next. */
  #index(): boolean {
    if (this.#format[this.#at] !== '[') return false;
    this.#reordered = true;
    const rest = this.#format.slice(this.#at);
    const close = rest.length < 3 ? -1 : rest.indexOf(']');
    const inside = close === -1 ? '' : rest.slice(1, close);
    this.#at += close === -1 ? 1 : close + 1;
    const index = /^\d+$/.test(inside) && Number(inside) <= tooLarge ? Number(inside) - 1 : undefined;
    if (index !== undefined && index >= 0 && index < this.#args.length) {
      this.#next = index;
      return true;
    }
    this.#goodIndex = false;
    return index !== undefined;
  }

  #starred(): number | undefined {
    const argument = this.#args[this.#next];
    if (argument === undefined) return undefined;
    this.#next++;
    if (argument.type !== 'int64') return undefined;
    const value = Number(argument.value);
    return Math.abs(value) <= tooLarge ? value : undefined;
  }

  #number(): number | undefined {
    let value: number | undefined;
    for (let digit = this.#digit(); digit !== undefined; digit = this.#digit()) {
      if ((value ?? 0) > tooLarge) {
        this.#at = this.#format.length;
        return undefined;
      }
      value = (value ?? 0) * 10 + digit;
      this.#at++;
    }
    return value;
  }

  #digit(): number | undefined {
    const character = this.#format[this.#at] ?? '';
    return /^\d$/.test(character) ? Number(character) : undefined;
  }

  #take(mark: string): boolean {
    const found = this.#format[this.#at] === mark;
    if (found) this.#at++;
    return found;
  }

  #extra(): string {
    if (this.#reordered || this.#next >= this.#args.length) return '';
    const extra = this.#args.slice(this.#next);
    const shown = extra.map((argument) => `${argument.type}=${printArgument(argument, 'v', emptyField())}`);
    return `%!(EXTRA ${shown.join(', ')})`;
  }
}

/** For `%v` the sharp and plus flags mean Go syntax, not a prefix or a sign. */
function goSyntax(field: Field): void {
  field.sharpV = field.sharp;
  field.plusV = field.plus;
  field.sharp = false;
  field.plus = false;
}
