import { formatVersionRef, parseVersionRef } from './versionRef';

describe('version refs', () => {
  it.each([
    ['default/tumour-malignancy@7', 'default', 'tumour-malignancy', 7],
    ['tumour-malignancy@12', 'default', 'tumour-malignancy', 12],
    ['default/модель ü@1', 'default', 'модель ü', 1],
  ])('reads %s', (text, namespace, name, version) => {
    expect(parseVersionRef(text)).toEqual({ namespace, name, version });
  });

  it('writes the one spelling', () => {
    expect(formatVersionRef(parseVersionRef('x@1'))).toBe('default/x@1');
  });

  it.each(['x', 'x@', 'x@latest', 'a/b/c@1', '@1', '', 'a:b@1', 'a\nb@1'])(
    'refuses %p and says what is expected',
    text => {
      expect(() => parseVersionRef(text)).toThrow(/expected namespace\/name@7/);
    },
  );
});
