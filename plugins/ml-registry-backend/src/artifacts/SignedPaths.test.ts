import { SignedPaths } from './SignedPaths';

describe('SignedPaths', () => {
  let now = 1_000_000;
  const paths = new SignedPaths({
    key: Buffer.alloc(32, 1),
    clock: () => new Date(now),
  });
  beforeEach(() => {
    now = 1_000_000;
  });

  it('admits what was signed, until it runs out', () => {
    const signature = paths.sign('PUT part 3', 60);
    expect(paths.verify('PUT part 3', signature)).toBe(true);
    now += 60_000;
    expect(paths.verify('PUT part 3', signature)).toBe(true);
    now += 1;
    expect(paths.verify('PUT part 3', signature)).toBe(false);
  });

  it.each([
    ['another thing', (s: string) => s, 'PUT part 4'],
    ['no signature', () => undefined, 'PUT part 3'],
    ['nonsense', () => 'x.y', 'PUT part 3'],
    [
      'a longer time',
      (s: string) => s.replace(/^\d+/, '9999999999999'),
      'PUT part 3',
    ],
    ['half a proof', (s: string) => s.slice(0, -32), 'PUT part 3'],
  ])('refuses %s', (_what, change, thing) => {
    expect(paths.verify(thing, change(paths.sign('PUT part 3', 60)))).toBe(
      false,
    );
  });

  it('refuses what another key signed', () => {
    const other = new SignedPaths({
      key: Buffer.alloc(32, 2),
      clock: () => new Date(now),
    });
    expect(paths.verify('x', other.sign('x', 60))).toBe(false);
  });
});
