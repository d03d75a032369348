import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { it } from 'node:test';
import { root } from '../shell.mjs';
import {
  LACKING,
  failedIn,
  failedOf,
  skippedIn,
  summaryOf,
} from '../testResults.mjs';

const lacking = `jobs in isolation are not tried by system-user: ${LACKING}`;

it('counts a skipped test as not done, unless its name says that the machine cannot run it', () => {
  const test = (fullName, status) => ({ fullName, status });
  const report = {
    testResults: [
      { assertionResults: [test('adds', 'passed'), test('x', 'pending')] },
      { assertionResults: [test(lacking, 'pending'), test('y', 'failed')] },
    ],
  };
  assert.deepEqual(skippedIn(report), { leftOut: [lacking], forgotten: ['x'] });
});

it('names what was left out, and never looks like a run that did everything (S8)', () => {
  assert.equal(
    summaryOf({ passed: 3, failed: 0, names: [], leftOut: [] }),
    '3 passed, 0 failed\n',
  );
  assert.equal(
    summaryOf({ passed: 2, failed: 0, names: [], leftOut: [lacking] }),
    `Left out, because this machine cannot run it:\n  ${lacking}\n2 passed, 0 failed, 1 left out\n`,
  );
});

it('knows the tests of kinds of isolation that a machine lacks', async () => {
  const fixture = await readFile(
    `${root}/plugins/ml-jobs-backend/src/providers/local/isolation/kinds.test.ts`,
    'utf8',
  );
  assert.ok(fixture.includes(`: ${LACKING}`));
});

it('names what failed in its last lines', () => {
  assert.equal(
    summaryOf({ passed: 2, failed: 1, names: ['unit: adds'], leftOut: [] }),
    'Failed:\n  unit: adds\n2 passed, 1 failed\n',
  );
});

it('finds the names of failed tests, and of files that could not be loaded', () => {
  const suite = (file, status, assertionResults) => ({
    ...{ name: `/top/${file}`, status, assertionResults },
  });
  const report = {
    testResults: [
      suite('a.test.ts', 'failed', [
        { fullName: 'adds', status: 'passed' },
        { fullName: 'divides', status: 'failed' },
      ]),
      suite('b.test.ts', 'failed', []),
      suite('c.test.ts', 'passed', []),
    ],
  };
  assert.deepEqual(failedOf(report, '/top'), [
    'a.test.ts: divides',
    'b.test.ts could not be loaded',
  ]);
});

it('finds the names of failed cases of a JUnit report', () => {
  const xml = `<testsuite><testcase classname="x" name="fits" time="1"/>
    <testcase classname="x" name="breaks"><failure message="no"/></testcase>
    <testcase classname="x" name="ends"><error/></testcase></testsuite>`;
  assert.deepEqual(failedIn(xml), ['breaks', 'ends']);
});
