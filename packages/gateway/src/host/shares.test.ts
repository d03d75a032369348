import { shareOf, type Share } from './shares';

const share = (name: string, weight: number, version: number): Share => ({
  name,
  weight,
  version,
});
const champion = share('champion', 90, 1);
const challenger = share('challenger', 10, 2);

describe('shareOf', () => {
  it('answers nobody where nobody answers, and the only one whatever the id', () => {
    expect(shareOf([], 'a')).toBeUndefined();
    expect(shareOf([challenger], 'a')).toBe(challenger);
    expect(shareOf([challenger])).toBe(challenger);
  });

  it.each([
    ['90 to 10', [champion, challenger], 0.1],
    [
      '90 to 30, where a third one is not loaded',
      [champion, share('b', 30, 3)],
      0.25,
    ],
    ['10 to 90', [share('a', 10, 1), share('b', 90, 2)], 0.9],
  ])('divides requests by weight: %s', (_, shares, expected) => {
    for (const idOf of [
      (n: number) => String(n),
      (n: number) => `order-${n}`,
      (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    ]) {
      const total = 20_000;
      let second = 0;
      for (let n = 0; n < total; n++) {
        if (shareOf(shares, idOf(n)) === shares[1]) second += 1;
      }
      expect(Math.abs(second / total - expected)).toBeLessThan(0.015);
    }
  });

  it('gives the same id the same variant, and keeps it when the share of another grows at its cost only', () => {
    const wider = [share('champion', 80, 1), share('challenger', 20, 2)];
    const ids = Array.from({ length: 1000 }, (_, n) => `id-${n}`);
    const challenged = (shares: Share[]) =>
      ids.filter(one => shareOf(shares, one)?.name === 'challenger');
    const first = challenged([champion, challenger]);
    expect(challenged([champion, challenger])).toEqual(first);
    expect(challenged(wider)).toEqual(expect.arrayContaining(first));
  });
});
