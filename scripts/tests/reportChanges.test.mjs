import assert from 'node:assert/strict';
import { it } from 'node:test';
import { changeOf } from '../reportChanges.mjs';

it('finds no change where only the order of lines differs', () => {
  assert.equal(changeOf("'a';\n'b';\n", "'b';\n'a';\n"), undefined);
});

it('names the lines that went and came, each as often as it did', () => {
  assert.equal(
    changeOf('one;\ntwo;\ntwo;\n', 'one;\ntwo;\nthree;\n'),
    '  - two;\n  + three;',
  );
});

it('names a report that is new, and one that went', () => {
  assert.equal(changeOf(undefined, 'one;'), '  - \n  + one;');
  assert.equal(changeOf('one;', undefined), '  - one;\n  + ');
});

it('shows thirty lines of a long change, and says how many more there are', () => {
  const text = Array.from({ length: 40 }, (_, at) => `line ${at}`).join('\n');
  const shown = changeOf('', `${text}\n`).split('\n');
  assert.equal(shown.length, 31);
  assert.equal(shown.at(-1), '  … and 10 more lines');
});
