import { expect, test } from 'vitest';
import { parseStore, type StorePlace } from '../../../../src/policy/store/open-store.js';
import { onSameServer } from '../../../../src/policy/store/same-server.js';

function place(text: string): StorePlace {
  const parsed = parseStore(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

test.each([
  ['https://bundles.example/a', 'https://bundles.example/b'],
  ['https://bundles.example/a', 'https://BUNDLES.example:443/'],
  ['oci://registry.example/a', 'oci://registry.example/b/c'],
  ['s3://bucket/a', 's3://bucket/b/c'],
  ['s3://bucket/a?endpoint=http://s3:9000', 's3://bucket/?endpoint=http://s3:9000'],
  ['/bundles', '/bundles'],
  ['/bundles', '/bundles/shop/../other'],
  ['./bundles', './bundles/..shop'],
  ['/bundles', 'file:///bundles/shop'],
])('C-54 %s and %s are on one server', (own, other) => {
  expect(onSameServer(place(own), place(other))).toBe(true);
});

test.each([
  ['https://bundles.example/', 'http://bundles.example/'],
  ['https://bundles.example/', 'https://bundles.example:8443/'],
  ['https://bundles.example/', 'https://bundles.example.evil.example/'],
  ['https://bundles.example/', 'https://evil.example/bundles.example/'],
  ['https://bundles.example/', 'https://bundles.example./'],
  ['https://bundles.example/', 'oci://bundles.example/a'],
  ['https://bundles.example/', 's3://bundles.example/a'],
  ['oci://registry.example/a', 'oci://registry.example/a?plain_http=true'],
  ['oci://registry.example/a', 'oci://registry.example:5000/a'],
  ['s3://bucket/', 's3://bucket-of-mallory/'],
  ['s3://bucket/', 's3://bucket/?endpoint=http://evil.example'],
  ['s3://bucket/?endpoint=http://s3:9000', 's3://bucket/'],
  ['s3://bucket/?endpoint=https://s3:9000', 's3://bucket/?endpoint=http://s3:9000'],
  ['s3://bucket/', 's3://bucket/?region=eu-west-1'],
  ['/bundles', '/'],
  ['/bundles', '/bundles-of-mallory'],
  ['/bundles/shop', '/bundles/shop/../other'],
  ['/bundles', 'file:///etc'],
  ['/bundles', 'https://bundles.example/'],
])('C-54 %s and %s are not', (own, other) => {
  expect(onSameServer(place(own), place(other))).toBe(false);
});
