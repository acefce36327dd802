import { readFileSync, writeFileSync } from 'node:fs';
import { type RanTest, ranTestsFolder } from '../test/support/ran-tests-reporter.js';
import { clusterSection } from './reports/cluster-section.js';

// Writes what `npm run test:cluster` showed into the page about Kubernetes.

const page = 'docs/deployment/kubernetes.md';
const ran = JSON.parse(readFileSync(`${ranTestsFolder}/test-cluster.json`, 'utf8')) as RanTest[];
const text = readFileSync(page, 'utf8');
const [before, rest = ''] = text.split('<!-- begin: npm run test:cluster -->');
const [, after = ''] = rest.split('<!-- end -->');
const section = clusterSection(ran.filter(({ file }) => file === 'test/cluster/deployment.test.ts'));
writeFileSync(page, `${before}<!-- begin: npm run test:cluster -->\n${section}\n<!-- end -->${after}`);
