import { matchesColumn } from './matchesColumn';

describe('matchesColumn', () => {
  const column = {
    name: 'mean_radius',
    type: 'DOUBLE',
    nullable: false,
    unit: 'µm',
    description: 'Distance from centre to perimeter',
  };
  it.each([
    ['radius', true],
    ['PERIMETER double', true],
    ['µm', true],
    ['', true],
    ['radius area', false],
  ])('%p: %p', (search, expected) => {
    expect(matchesColumn(column, search)).toBe(expected);
  });
});
