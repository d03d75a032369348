import { splitAt } from './bytes';

describe('bytes in pieces', () => {
  const parts = ['ab', 'cde', 'f'].map(text => Buffer.from(text));
  it.each([
    [0, '', 'ab|cde|f'],
    [1, 'a', 'b|cde|f'],
    [2, 'ab', 'cde|f'],
    [4, 'ab|cd', 'e|f'],
    [6, 'ab|cde|f', ''],
  ])('are split after %d bytes', (at, front, back) => {
    expect(splitAt(parts, at).map(list => list.join('|'))).toEqual([
      front,
      back,
    ]);
  });
});
