import { joinTarget, splitTarget, whatIsMissing } from './target';

describe('where a project is published', () => {
  it.each(['local', 'github.com?owner=acme', 'github.acme.com?owner=a+b'])(
    'survives being taken apart: %s',
    text => {
      expect(joinTarget(splitTarget(text))).toBe(text);
    },
  );

  it('is this machine when nothing is chosen', () => {
    expect(splitTarget(undefined)).toEqual({ host: 'local', owner: '' });
  });

  it('needs an organisation on a git host', () => {
    expect(whatIsMissing('github.com?owner=')).toMatch(/on github\.com/);
    expect(whatIsMissing('github.com?owner=acme')).toBeUndefined();
    expect(whatIsMissing('local')).toBeUndefined();
  });
});
