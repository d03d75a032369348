import { digestOf } from './digest';

describe('digestOf', () => {
  it('does not depend on the order of the files', () => {
    const a = { path: 'a.csv', sha256: '1' };
    const b = { path: 'b.csv', sha256: '2' };
    expect(digestOf([a, b])).toBe(digestOf([b, a]));
  });

  it('tells files apart whose contents changed places', () => {
    expect(
      digestOf([
        { path: 'a.csv', sha256: '1' },
        { path: 'b.csv', sha256: '2' },
      ]),
    ).not.toBe(
      digestOf([
        { path: 'a.csv', sha256: '2' },
        { path: 'b.csv', sha256: '1' },
      ]),
    );
  });

  it('takes a single file by its content, whatever its name', () => {
    expect(digestOf([{ path: 'a.csv', sha256: '1' }])).toBe(
      digestOf([{ path: 'b.csv', sha256: '1' }]),
    );
  });
});
