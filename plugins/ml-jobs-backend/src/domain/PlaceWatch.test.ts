import { PlaceWatch } from './PlaceWatch';

describe('the watch over places', () => {
  let watch: PlaceWatch;
  let now: number;
  const look = (
    signs: Record<string, string | undefined>,
    afterMs = 20_000,
  ) => {
    now += afterMs;
    return watch.look(new Map(Object.entries(signs)), new Date(now));
  };
  beforeEach(() => {
    now = Date.parse('2026-01-01T00:00:00.000Z');
    watch = new PlaceWatch({ lostAfterMs: 60_000 });
  });

  it('calls a place lost that gives no sign for so long', () => {
    expect(look({ a: '1' })).toEqual([]);
    expect(look({ a: '1' })).toEqual([]);
    expect(look({ a: '1' })).toEqual([]);
    expect(look({ a: '1' })).toEqual(['a']);
    expect(look({ a: '2' })).toEqual([]);
  });

  it('counts anew after each sign, whatever time it names', () => {
    for (const sign of ['9', '1', '5', '5', '0', '0', '3'])
      expect(look({ a: sign })).toEqual([]);
  });

  it('calls a place lost of which there never was a sign', () => {
    for (let index = 0; index < 3; index++)
      expect(look({ a: undefined })).toEqual([]);
    expect(look({ a: undefined })).toEqual(['a']);
  });

  it('does not count the time in which its own machine slept', () => {
    look({ a: '1' });
    expect(look({ a: '1' }, 3_600_000)).toEqual([]);
    expect(look({ a: '1' }, -3_600_000)).toEqual([]);
    expect(look({ a: '1' }, 30_000)).toEqual(['a']);
  });

  it('begins again with a place that did not count for a while', () => {
    look({ a: '1' });
    look({ a: '1' }, 30_000);
    look({});
    expect(look({ a: '1' }, 30_000)).toEqual([]);
  });
});
