import { formatTokenSubject, parseTokenSubject } from './tokenSubject';
import { identity } from './__testUtils__/aTokenIdentity';

describe('the subject of a token', () => {
  it('is read back as it was written, whatever stands in it', () => {
    for (const change of [
      {},
      { model: 'model:default/fraud-score' },
      { tokenName: 'a&scopes=promote', groups: [] },
      { permissions: ['ml.registry.read', 'ml.registry.track', 'ml-x.read'] },
      { permissions: [] },
    ]) {
      const whole = { ...identity, ...change };
      expect(parseTokenSubject(formatTokenSubject(whole))).toEqual(whole);
    }
  });

  it('can be read by people in the audit trail', () => {
    expect(formatTokenSubject(identity)).toBe(
      'token:user:default/ann?id=k3v9&name=nightly&scopes=track&groups=user:default/ann,group:default/diagnostics',
    );
  });

  it('names the permissions that the policy allowed in few characters', () => {
    const permissions = ['ml.registry.read', 'ml.registry.track'];
    permissions.push('ml.data.read');
    expect(formatTokenSubject({ ...identity, permissions })).toContain(
      '&permissions=ml.registry:read/track,ml.data:read',
    );
  });

  it('is none where it is another service, and an error where it only begins like one', () => {
    expect(parseTokenSubject('plugin:ml-jobs')).toBeUndefined();
    for (const wrong of [
      'token:',
      'token:user:default/ann',
      'token:user:default/ann?id=a&name=b&scopes=Everything&groups=',
      'token:user:default/ann?id=a&name=b&scopes=read&permissions=',
      'token:user:default/ann?id=a&name=b&scopes=read&permissions=ml.x',
    ]) {
      expect(() => parseTokenSubject(wrong)).toThrow(/not that of a token/);
    }
  });
});
