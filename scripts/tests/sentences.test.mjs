import assert from 'node:assert/strict';
import { it } from 'node:test';
import { trackedFiles } from './trackedFiles.mjs';

/** So long may a sentence be. A second reading is needed beyond it, most of all where English is a second language. */
const mostWords = 20;

it('pages, documents and comments have sentences of at most twenty words', async () => {
  const found = [];
  for await (const { file, text } of trackedFiles(isRead)) {
    for (const sentence of paragraphsOf(file, text).flatMap(sentencesOf)) {
      const words = wordsOf(sentence);
      if (words > mostWords) found.push(`${file}: ${words}: ${sentence}`);
    }
  }
  assert.ok(!found.length, `${found.length} are longer:\n${found.join('\n')}`);
});

it('counts the words of each sentence of a comment and of a document', () => {
  const comment = `/**\n * One two. Three\n * four five\n * @returns six seven\n */ const notRead = 1;`;
  assert.deepEqual(
    paragraphsOf('a.ts', comment).flatMap(sentencesOf).map(wordsOf),
    [2, 3, 2],
  );
  const document = `# Not read\n\nOne two\nthree: four.\n\n\`\`\`\nnot read\n\`\`\`\n\n- five\n- six seven\n\n| not | read |\n`;
  assert.deepEqual(
    paragraphsOf('a.md', document).flatMap(sentencesOf).map(wordsOf),
    [3, 1, 1, 2],
  );
});

/** Reports and logs of changes are written by tools; tests have sentences as names. */
function isRead(file) {
  return (
    /\.(md|tsx?|mjs)$/.test(file) &&
    !/\.test\.|(^|\/)(report[^/]*|CHANGELOG)\.md$/.test(file)
  );
}

function paragraphsOf(file, text) {
  if (file.endsWith('.md')) {
    return text
      .replace(/```.*?```/gs, '')
      .split(/\n\s*\n/)
      .filter(paragraph => !/^\s*(\||#|<!--)|^ {4}/.test(paragraph))
      .flatMap(paragraph => paragraph.split(/\n\s*(?:[-*]|\d+\.) /));
  }
  const comments = [...text.matchAll(/\/\*\*?(.*?)\*\//gs)].flatMap(
    ([, comment]) => comment.replace(/\n\s*\* ?/g, '\n').split(/\n\s*\n|@\w+/),
  );
  return /messages|translation/i.test(file)
    ? [
        ...comments,
        ...[...text.matchAll(/'((?:[^'\\]|\\.)*)'/g)].map(at => at[1]),
      ]
    : comments;
}

/** Clauses behind a colon or a semicolon are read as sentences of their own. */
function sentencesOf(paragraph) {
  return paragraph
    .replace(/\s+/g, ' ')
    .split(/(?<=[.!?:;][)"”'’*_]*) /)
    .filter(sentence => wordsOf(sentence));
}

function wordsOf(sentence) {
  return sentence.split(' ').filter(word => /[\p{L}\p{N}]/u.test(word)).length;
}
