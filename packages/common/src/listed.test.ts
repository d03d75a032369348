import { listed } from './listed';

describe('names in a sentence', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  it.each([
    ['none', [], {}, ''],
    ['all of few', names.slice(0, 5), {}, 'a, b, c, d, e'],
    ['five of many, and how many more', names, {}, 'a, b, c, d, e and 2 more'],
    ['as many as asked for', names, { most: 2 }, 'a, b and 5 more'],
    ['sentences', names, { most: 2, separator: '; ' }, 'a; b and 5 more'],
    ['a long one by its start', ['x'.repeat(201)], {}, `${'x'.repeat(199)}…`],
    ['one of 200 characters whole', ['x'.repeat(200)], {}, 'x'.repeat(200)],
  ])('are %s', (_, all, options, text) => {
    expect(listed(all, options)).toBe(text);
  });
});
