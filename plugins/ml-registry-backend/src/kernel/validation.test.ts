import {
  checkAlias,
  checkKey,
  checkLength,
  checkModelName,
  truncate,
} from './validation';

describe('names, as MLflow takes them', () => {
  it.each([
    'Genauigkeit für Köln',
    'точность',
    '城市',
    'दर', // without combining marks, which Python's \\w has not
    'ａ１',
    'a/b c:d.e-f_g',
    '𝒜',
  ])('takes %s as the name of a metric, a param and a tag (folder 26)', key => {
    expect(checkKey('metric', key)).toBe(key);
    expect(checkKey('param', key)).toBe(key);
    expect(checkKey('tag', key)).toBe(key);
  });

  it.each([
    ['a%b', /only contain alphanumerics/],
    ['हिन्दी', /only contain alphanumerics/],
    ['a\tb', /only contain alphanumerics/],
    ['😀', /only contain alphanumerics/],
    ['a/', /would resolve to 'a'/],
    ['a//b', /would resolve to 'a\/b'/],
    ['./a', /would resolve to 'a'/],
    ['../a', /would resolve to '\.\.\/a'/],
    ['/a', /would resolve to '\/a'/],
    ['', /Missing value/],
    [undefined, /Missing value/],
  ])('refuses %p as the name of a metric', (key, reason) => {
    expect(() => checkKey('metric', key)).toThrow(reason);
  });

  it('counts characters, not the halves that JavaScript stores', () => {
    expect(checkKey('metric', '𝒜'.repeat(250))).toHaveLength(500);
    expect(() => checkKey('metric', '𝒜'.repeat(251))).toThrow(/length 251/);
    expect(checkLength('x', '😀'.repeat(3), 3)).toBe('😀😀😀');
    expect(truncate('😀😀😀', 2)).toBe('😀😀');
  });

  it.each(['sieger', 'победитель', '優勝', 'a-b_1'])(
    'takes %s as an alias',
    alias => {
      expect(checkAlias(alias)).toBe(alias);
    },
  );

  it.each(['', 'a b', 'a.b', 'Latest', 'v1', 'V١٢'])(
    'refuses %p as an alias',
    alias => {
      expect(() => checkAlias(alias)).toThrow();
    },
  );

  it('takes model names in every language', () => {
    expect(checkModelName('модель')).toBe('модель');
  });
});
