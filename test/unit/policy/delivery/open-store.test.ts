import { expect, test } from 'vitest';
import { parseStore } from '../../../../src/policy/store/open-store.js';

test.each([
  ['s3://bucket', { kind: 's3', bucket: 'bucket', prefix: '' }],
  ['s3://bucket/a/b/', { kind: 's3', bucket: 'bucket', prefix: 'a/b/' }],
  [
    's3://bucket/a?endpoint=http://127.0.0.1:7070&region=eu-west-1',
    { kind: 's3', prefix: 'a/', endpoint: 'http://127.0.0.1:7070', region: 'eu-west-1' },
  ],
  ['https://example.com/bundles', { kind: 'http', url: 'https://example.com/bundles/' }],
  ['oci://example.com/shop/policy', { kind: 'oci', origin: 'https://example.com', repository: 'shop/policy' }],
  ['oci://127.0.0.1:5000/shop?plain_http=true', { kind: 'oci', origin: 'http://127.0.0.1:5000' }],
  ['/bundles', { kind: 'folder', folder: '/bundles' }],
  ['./bundles', { kind: 'folder', folder: './bundles' }],
  ['file:///bundles', { kind: 'folder', folder: '/bundles' }],
])('%s is a place for bundles', (text, place) => {
  expect(parseStore(text)).toMatchObject({ ok: true, value: place });
});

test.each([
  '',
  's3://',
  's3://bucket?endpoint=javascript:1',
  's3://bucket?acl=public',
  'https://user:secret@example.com/',
  'https://example.com/?token=1',
  'ftp://example.com/',
  'oci://example.com/UPPER',
  'oci://example.com/',
  'file://elsewhere/bundles',
])('%j is none', (text) => {
  expect(parseStore(text).ok).toBe(false);
});
