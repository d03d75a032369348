import { labelValueOf, nameOf } from './names';

const longId = 'a'.repeat(200);

describe('names of an attempt', () => {
  it('is the same for the same attempt, and another for the next one', () => {
    const job = { jobId: 'k3v9x2mzq7', attempt: 1 };
    expect(nameOf(job)).toBe('ds-k3v9x2mzq7-1');
    expect(nameOf({ ...job, attempt: 2 })).toBe('ds-k3v9x2mzq7-2');
  });

  it.each([longId, 'Upper', 'a_b', '-', 'ümlaut', '', 'a/../b', 'a-'])(
    'is a name that Kubernetes takes, of the id %j',
    jobId => {
      const name = nameOf({ jobId, attempt: 12 });
      expect(name).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
      expect(name.length).toBeLessThanOrEqual(63);
    },
  );

  it('differs where ids differ only in what is replaced', () => {
    const ids = ['a_b', 'a-b', 'a.b', 'A-b', longId, `${longId}b`];
    const names = ids.map(jobId => nameOf({ jobId, attempt: 1 }));
    expect(new Set(names).size).toBe(ids.length);
  });
});

describe('the value of a label', () => {
  it('is the text itself where Kubernetes takes it', () => {
    expect(labelValueOf('k3v9x2mzq7')).toBe('k3v9x2mzq7');
    expect(labelValueOf('Team_A.b-c')).toBe('Team_A.b-c');
  });

  it.each([longId, 'group:default/research', '', '..', 'a b'])(
    'is cut and escaped of %j',
    text => {
      const value = labelValueOf(text);
      expect(value).toMatch(/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/);
      expect(value.length).toBeLessThanOrEqual(63);
    },
  );
});
