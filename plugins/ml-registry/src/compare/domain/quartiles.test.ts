import { quartiles } from './quartiles';

describe('quartiles', () => {
  it('interpolates as NumPy does', () => {
    expect(quartiles([4, 1, 3, 2])).toEqual([1, 1.75, 2.5, 3.25, 4]);
    expect(quartiles([7])).toEqual([7, 7, 7, 7, 7]);
    expect(quartiles([])).toBeUndefined();
  });
});
