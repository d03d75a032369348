// Words that the glossary replaced: none of them comes back.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { trackedFiles } from './trackedFiles.mjs';

/** What was written, and what is written instead. */
const replaced = [
  [/\b(?:stands?|stood) on\b/i, 'uses, or is referenced by'],
  [/\b(?:hangs?|hung) on\b/i, 'belongs to'],
  [/\bgo(?:es|ing)? round\b/i, 'bypasses'],
  [/\bwish(?:es|ed)?\b|[a-z]Wish\b/, 'desired state'],
  [/\bwhoever\b/i, 'who it is: the caller, the owner, a reader'],
  [/[a-z](?:Keeper|Finder)\b/, 'what it does: Store, Service'],
];

it('uses the terms of the glossary, and not those they replaced', async () => {
  const found = [];
  for await (const { file, text } of trackedFiles(isRead)) {
    const lines = text.split('\n');
    lines.forEach((line, index) => {
      for (const [pattern, instead] of replaced) {
        const [word] = pattern.exec(line) ?? [];
        if (word)
          found.push(`${file}:${index + 1}: '${word}', use: ${instead}`);
      }
    });
  }
  assert.ok(!found.length, found.join('\n'));
});

function isRead(file) {
  return (
    /\.(md|tsx?|mjs|py)$/.test(file) &&
    // The page that compares the words of before and after, and this list.
    !/before-and-after|terms\.test|CHANGELOG/.test(file)
  );
}
