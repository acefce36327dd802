/**
 * Writes protobuf's wire format front to back. A nested message is begun before its length is
 * known: one byte is left for it, and what follows moves up if it needs more.
 */
export class WireWriter {
  private bytes = Buffer.allocUnsafe(512);
  private position = 0;

  /** What has been written; the writer must not be used afterwards. */
  finish(): Buffer {
    return this.bytes.subarray(0, this.position);
  }

  /** An unsigned integer below 2^32. */
  varint(value: number): void {
    this.reserve(5);
    this.position = this.putVarint(this.position, value);
  }

  varintField(tag: number, value: number): void {
    this.varint(tag);
    this.varint(value);
  }

  /** A lone surrogate becomes U+FFFD: what is written is always UTF-8. */
  stringField(tag: number, text: string): void {
    const start = this.begin(tag);
    this.reserve(text.length * 3);
    this.position += this.bytes.write(text, this.position, 'utf8');
    this.end(start);
  }

  doubleField(tag: number, value: number): void {
    this.varint(tag);
    this.reserve(8);
    this.position = this.bytes.writeDoubleLE(value, this.position);
  }

  /** Begins a nested message; give what it returns to {@link end}. */
  begin(tag: number): number {
    this.varint(tag);
    this.reserve(1);
    this.position += 1;
    return this.position;
  }

  end(start: number): void {
    const length = this.position - start;
    let extra = 0;
    for (let rest = length; rest > 0x7f; rest >>>= 7) extra += 1;
    if (extra > 0) {
      this.reserve(extra);
      this.bytes.copyWithin(start + extra, start, this.position);
    }
    this.position = this.putVarint(start - 1, length) + length;
  }

  private putVarint(start: number, value: number): number {
    let at = start;
    let rest = value >>> 0;
    for (; rest > 0x7f; rest >>>= 7) this.bytes[at++] = (rest & 0x7f) | 0x80;
    this.bytes[at++] = rest;
    return at;
  }

  private reserve(length: number): void {
    const needed = this.position + length;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.position);
    this.bytes = larger;
  }
}
