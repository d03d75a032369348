import { plainJson, plainLine, plainText } from './plainText';

describe('plainText', () => {
  it.each([
    ['a colour', '\u001b[31mred\u001b[0m', 'red'],
    ['a title with a bell', 'a\u001b]0;title\u0007b', 'ab'],
    [
      'a link',
      '\u001b]8;;https://x.example\u001b\\here\u001b]8;;\u001b\\',
      'here',
    ],
    ['a cleared screen', 'a\u001b[2J\u001b[Hb', 'ab'],
    ['the eight-bit spelling of a sequence', 'a\u009b31mb', 'ab'],
    ['half of a sequence', 'a\u001b[3', 'a'],
    ['a line written over', 'fine\rbroken\r\n', 'fine\nbroken\n'],
    ['a backspace', 'ab\bc', 'abc'],
    ['a turned line', 'a\u202ebc\u202c', 'abc'],
    ['an isolate', '\u2066a\u2069\u200f', 'a'],
  ])('takes %s out', (_what, text, plain) => {
    expect(plainText(text)).toBe(plain);
  });

  it('leaves tabs, newlines and letters of every language', () => {
    const text = 'Größe\t日本語\n αβγ 🙂\n';
    expect(plainText(text)).toBe(text);
  });

  it('lets no escape through wherever a text is cut in two', () => {
    const text = 'a\u001b[31mb\u001b]0;t\u0007c\u009b1md';
    for (let at = 0; at <= text.length; at++) {
      const shown = plainText(text.slice(0, at)) + plainText(text.slice(at));
      // eslint-disable-next-line no-control-regex
      expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    }
  });
});

it('keeps a value on one line', () => {
  expect(plainLine(' a\nJOB  STATE\n\u001b[1mb ')).toBe('a JOB STATE b');
});

it('gives programs every character, none of which a terminal acts on', () => {
  const value = { text: 'a\u001b[31m\u009b\u202eb\u007f\n' };
  const json = plainJson(value);
  expect(JSON.parse(json)).toEqual(value);
  // eslint-disable-next-line no-control-regex
  expect(json).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});
