import {
  DIGIT,
  pythonLength,
  pythonNormalPath,
  pythonSlice,
  SPACE,
  WORD,
} from './pythonText';

/** How many code points each class of Python 3.11 (Unicode 14) has; a younger Unicode only adds to them. */
it.each([
  [
    'letters, digits and underscores',
    WORD,
    'aZ0_éßЖ中あक१²Ⅷ𝒜',
    '-. :/\u0301ा€😀',
  ],
  ['digits', DIGIT, '09١९𝟗', '²Ⅷ½a'],
  [
    'spaces',
    SPACE,
    ' \t\n\v\f\r\x1c\x1f\x85\xa0\u2003\u2028\u3000',
    'a\u200b\ufeff',
  ],
])(
  'knows the %s of all languages, as Python does',
  (_, set, inside, outside) => {
    const one = new RegExp(`^[${set}]$`, 'u');
    expect([...inside].filter(text => !one.test(text))).toEqual([]);
    expect([...outside].filter(text => one.test(text))).toEqual([]);
  },
);

it('counts and cuts characters, not halves of them', () => {
  expect(pythonLength('a😀b')).toBe(3);
  expect(pythonLength('\ud83d')).toBe(1);
  expect(pythonSlice('a😀b', 2)).toBe('a😀');
  expect(pythonSlice('a😀b', 5)).toBe('a😀b');
});

it.each([
  ['', '.'],
  ['a/', 'a'],
  ['a//b/./c', 'a/b/c'],
  ['../a', '../a'],
  ['a/../..', '..'],
  ['/../a', '/a'],
  ['//a', '//a'],
  ['///a', '/a'],
  ['.', '.'],
])("shortens '%s' to '%s'", (path, short) => {
  expect(pythonNormalPath(path)).toBe(short);
});
