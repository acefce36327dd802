import { JsonNumber } from '../../json/json.js';
import { compareRego } from './compare-rego.js';
import { RegoSet } from './rego-set.js';

/**
 * Reads what the module's `opa_value_dump` writes: JSON with sets (`{1,2}`, `set()`) and with keys of
 * any kind. Numbers whose text JavaScript would change stay a {@link JsonNumber}; a key that is no
 * string becomes its JSON text, as OPA writes it. A set is a {@link RegoSet}. Throws on anything else.
 */
export function parseRego(text: string): unknown {
  const reader = new RegoReader(text);
  const value = reader.readValue();
  reader.expectEnd();
  return value;
}

const numberText = /-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?/y;

class RegoReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readValue(): unknown {
    this.#skipSpace();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#readBraces();
      case '[':
        return this.#readArray();
      case '"':
        return this.#readString();
      case 't':
        return this.#readWord('true', true);
      case 'f':
        return this.#readWord('false', false);
      case 'n':
        return this.#readWord('null', null);
      case 's':
        return this.#readWord('set()', new RegoSet());
      default:
        return this.#readNumber();
    }
  }

  expectEnd(): void {
    if (this.#at !== this.#text.length) this.#refuse();
  }

  #readArray(): unknown[] {
    const elements: unknown[] = [];
    this.#at += 1;
    if (this.#skip(']')) return elements;
    do elements.push(this.readValue());
    while (this.#skip(','));
    this.#expect(']');
    return elements;
  }

  #readBraces(): unknown {
    this.#at += 1;
    if (this.#skip('}')) return Object.create(null);
    const first = this.readValue();
    return this.#skip(':') ? this.#readObject(first) : this.#readSet(first);
  }

  #readObject(firstKey: unknown): Record<string, unknown> {
    const object: Record<string, unknown> = Object.create(null);
    let key = firstKey;
    for (;;) {
      object[typeof key === 'string' ? key : keyText(key)] = this.readValue();
      if (!this.#skip(',')) break;
      key = this.readValue();
      this.#expect(':');
    }
    this.#expect('}');
    return object;
  }

  #readSet(first: unknown): unknown {
    const elements = [first];
    while (this.#skip(',')) elements.push(this.readValue());
    this.#expect('}');
    return RegoSet.from(elements.sort(compareRego));
  }

  #readString(): string {
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    while (end !== -1 && this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    if (end === -1) return this.#refuse();
    this.#at = end + 1;
    const raw = this.#text.slice(start + 1, end);
    return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
  }

  #isEscaped(at: number): boolean {
    let backslashes = 0;
    while (this.#text[at - 1 - backslashes] === '\\') backslashes += 1;
    return backslashes % 2 === 1;
  }

  #readNumber(): number | JsonNumber {
    numberText.lastIndex = this.#at;
    const text = numberText.exec(this.#text)?.[0];
    if (text === undefined) return this.#refuse();
    this.#at += text.length;
    const value = Number(text);
    return String(value) === text ? value : new JsonNumber(text);
  }

  #readWord<Value>(word: string, value: Value): Value {
    if (!this.#text.startsWith(word, this.#at)) this.#refuse();
    this.#at += word.length;
    return value;
  }

  #skipSpace(): void {
    while (this.#text[this.#at] === ' ') this.#at += 1;
  }

  #skip(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #expect(character: string): void {
    if (!this.#skip(character)) this.#refuse();
  }

  #refuse(): never {
    throw new SyntaxError(`the module wrote a value that cannot be read, at ${this.#at}`);
  }
}

function keyText(key: unknown): string {
  return JSON.stringify(key, (_name, inner: unknown) => (inner instanceof JsonNumber ? Number(inner.text) : inner));
}
