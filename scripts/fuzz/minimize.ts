/** A shorter input of which `stillFails` says the same: parts are cut out, large ones first. */
export function minimize(input: Buffer, stillFails: (shorter: Buffer) => boolean): Buffer {
  let smallest = input;
  for (let size = Math.ceil(input.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < smallest.length; ) {
      const shorter = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)]);
      if (stillFails(shorter)) smallest = shorter;
      else at += size;
    }
  }
  return smallest;
}
