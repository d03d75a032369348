import { hashToken, newJobId, newToken } from './tokens';

it('makes tokens and ids that do not repeat', () => {
  expect(newToken()).toMatch(/^dsjob_[\w-]{43}$/);
  expect(newToken()).not.toBe(newToken());
  expect(hashToken('a')).toBe(hashToken('a'));
  expect(newJobId()).toMatch(/^[a-z0-9]{10}$/);
});
