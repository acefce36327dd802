import { expect, test } from 'vitest';
import { byteSize, duration, formatByteSize, formatDuration } from '../../../src/config/units.js';

test.each([
  ['0ms', 0],
  ['150ms', 150],
  ['2s', 2000],
  ['90s', 90_000],
  ['1m', 60_000],
  ['24h', 86_400_000],
])('%s is %i ms, and back', (text, milliseconds) => {
  expect(duration.parse(text)).toBe(milliseconds);
  expect(duration.parse(formatDuration(milliseconds))).toBe(milliseconds);
});

test.each([
  ['1B', 1],
  ['1500B', 1500],
  ['64KiB', 65_536],
  ['4MiB', 4_194_304],
])('%s is %i bytes, and back', (text, bytes) => {
  expect(byteSize.parse(text)).toBe(bytes);
  expect(formatByteSize(bytes)).toBe(text);
});

test.each(['', '5', '1.5s', '-1s', '1 s', '1d', '25h', '1S', '9999999999ms'])('%j is no duration', (text) => {
  expect(duration.safeParse(text).success).toBe(false);
});

test.each(['', '5', '4MB', '4mib', '1GiB', '1025MiB', '-1B'])('%j is no size', (text) => {
  expect(byteSize.safeParse(text).success).toBe(false);
});
