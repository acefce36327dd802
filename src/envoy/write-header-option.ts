import type { HeaderChange } from './answer.js';
import { lengthTag, varintTag } from './wire-format.js';
import type { WireWriter } from './wire-writer.js';

const optionTag = { header: lengthTag(1), append: lengthTag(2), appendAction: varintTag(3) } as const;
const headerTag = { key: lengthTag(1), value: lengthTag(2) } as const;
const overwriteIfExistsOrAdd = 2;

/**
 * A header whose value must be the only one of its name. `append: false` as well as the action:
 * Envoy reads the one or the other depending on its release, and where it finds neither, 1.37 lets
 * the client's own header stand beside ours.
 */
export function writeOverwrite(writer: WireWriter, tag: number, header: HeaderChange): void {
  const option = begin(writer, tag, header);
  writer.end(writer.begin(optionTag.append));
  writer.varintField(optionTag.appendAction, overwriteIfExistsOrAdd);
  writer.end(option);
}

/**
 * A header towards the client. One that may repeat has neither field: `append: true` would make
 * Envoy drop it from a denial, and the zero action is APPEND_IF_EXISTS_OR_ADD.
 */
export function writeTowardsClient(writer: WireWriter, tag: number, header: HeaderChange): void {
  if (header.mode === 'overwrite') writeOverwrite(writer, tag, header);
  else writer.end(begin(writer, tag, header));
}

function begin(writer: WireWriter, tag: number, header: HeaderChange): number {
  const option = writer.begin(tag);
  const value = writer.begin(optionTag.header);
  writer.stringField(headerTag.key, header.name);
  writer.stringField(headerTag.value, header.value);
  writer.end(value);
  return option;
}
