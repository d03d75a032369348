import { isPublic } from './isPublic';

describe('isPublic', () => {
  it.each<[boolean, string[], boolean]>([
    [true, ['churn'], true],
    [true, ['default/churn'], true],
    [true, ['*'], true],
    [true, [], false],
    [true, ['other', 'team/churn'], false],
    [false, ['*'], false],
  ])('asked %s, granted %j: %s', (anonymous, granted, expected) => {
    const endpoint = { id: 'default/churn', access: { groups: [], anonymous } };
    expect(isPublic(endpoint, granted)).toBe(expected);
  });
});
