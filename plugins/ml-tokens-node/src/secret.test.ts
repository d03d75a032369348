import { tokenPattern } from '@downstage/plugin-ml-tokens-common';
import { hashOf, isWellFormed, newSecret } from './secret';

describe('secrets', () => {
  it('are new each time, 53 characters long, and known by their beginning', () => {
    const secrets = new Set(Array.from({ length: 200 }, newSecret));
    expect(secrets.size).toBe(200);
    for (const secret of secrets) {
      expect(secret).toMatch(tokenPattern);
      expect(isWellFormed(secret)).toBe(true);
    }
  });

  it('are told from what is cut short, mistyped or made up without asking anybody', () => {
    const secret = newSecret();
    const typo = secret[20] === 'x' ? 'y' : 'x';
    for (const wrong of [
      '',
      'dst_',
      secret.slice(0, -1),
      `${secret}0`,
      `${secret.slice(0, 20)}${typo}${secret.slice(21)}`,
      `dst_${'a'.repeat(49)}`,
      secret.replace('dst_', 'ghp_'),
    ]) {
      expect([wrong, isWellFormed(wrong)]).toEqual([wrong, false]);
    }
  });

  it('are kept as SHA-256', () => {
    expect(hashOf('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
