import { parseRequirement } from './requirement';

describe('parseRequirement', () => {
  it.each([
    ['numpy==1.26.4', 'numpy', '1.26.4', undefined],
    [
      'Scikit_Learn == 1.5.0 ; python_version > "3.8"',
      'scikit-learn',
      '1.5.0',
      undefined,
    ],
    ['pandas[parquet,excel]>=2,<3', 'pandas', undefined, undefined],
    ['torch===2.1.0+cpu', 'torch', '2.1.0+cpu', undefined],
    ['numpy==1.*', 'numpy', undefined, undefined],
    ['numpy (>=1.0)', 'numpy', undefined, undefined],
    ['numpy==1.0 --hash=sha256:abc', 'numpy', '1.0', undefined],
    ['x', 'x', undefined, undefined],
    [
      'git+https://example.com/o/r@main#egg=z',
      'z',
      undefined,
      { kind: 'vcs', url: 'git+https://example.com/o/r@main' },
    ],
    [
      'git+ssh://git@example.com/o/my_lib.git',
      'my-lib',
      undefined,
      { kind: 'vcs', url: 'git+ssh://example.com/o/my_lib.git' },
    ],
    [
      'https://ann:secret@example.com/pkg-1.0-py3-none-any.whl',
      'pkg',
      '1.0',
      { kind: 'url', url: 'https://example.com/pkg-1.0-py3-none-any.whl' },
    ],
    [
      'pkg @ https://example.com/a.zip ; python_version > "3"',
      'pkg',
      undefined,
      { kind: 'url', url: 'https://example.com/a.zip' },
    ],
    [
      'vendor/mylib-1.0-py3-none-any.whl',
      'mylib',
      '1.0',
      { kind: 'path', url: 'vendor/mylib-1.0-py3-none-any.whl' },
    ],
    [
      'mylib-2.1.tar.gz',
      'mylib',
      '2.1',
      { kind: 'path', url: 'mylib-2.1.tar.gz' },
    ],
    [
      './code/features',
      'features',
      undefined,
      { kind: 'path', url: './code/features' },
    ],
    [
      'file:///srv/wheels/a-1-py3-none-any.whl',
      'a',
      '1',
      { kind: 'path', url: 'file:///srv/wheels/a-1-py3-none-any.whl' },
    ],
  ])('reads %s', (line, name, version, origin) => {
    const found = parseRequirement(line);
    expect(found).toMatchObject({ name });
    expect(found?.version).toBe(version);
    expect(found?.origin).toEqual(origin);
  });

  it.each(['', '.', '..', 'two words', '!!', 'a b==1', '==1'])(
    'takes %p for no package',
    line => {
      expect(parseRequirement(line)).toBeUndefined();
    },
  );
});
