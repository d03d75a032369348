import type { OwnershipRecord } from './OwnershipStore';
import { settleProfile, type EntityProfile } from './settleProfile';

const ours = 'group:default/diagnostics';
const theirs = 'group:default/credit';
const nobody = 'group:default/unowned';
const file = 'url:https://git/diagnostics/catalog-info.yaml';
const otherFile = 'url:https://git/credit/catalog-info.yaml';

const gate = { gates: [{ metric: 'auc', min: 0.9 }] };
const strict = { risk: 'high', approvals: 2, features: [], evaluation: gate };
const kept = JSON.stringify(strict);
const lax: EntityProfile = {
  hasEntity: true,
  owner: theirs,
  risk: 'minimal',
  approvals: 0,
  features: [],
  source: otherFile,
};
const noFile: EntityProfile = {
  hasEntity: false,
  risk: 'minimal',
  features: [],
};

const settle = (record: OwnershipRecord | undefined, entity: EntityProfile) =>
  settleProfile({ name: 'tumours', record, entity, nobody });

describe('who owns a model, and which file speaks for it', () => {
  it.each<[string, OwnershipRecord | undefined, EntityProfile, object]>([
    [
      'a name that is not registered is the entity’s',
      undefined,
      lax,
      { owner: theirs, approvals: 0 },
    ],
    [
      'a file of another owner changes nothing',
      { owner: ours, accepted: { source: file, profile: kept } },
      lax,
      {
        owner: ours,
        ...strict,
        conflict: { reason: 'other-owner', owner: theirs, source: otherFile },
      },
    ],
    [
      'nor does it before a file was accepted',
      { owner: ours, accepted: {} },
      lax,
      { owner: ours, risk: 'minimal', conflict: { reason: 'other-owner' } },
    ],
    [
      'nor where it was never settled',
      { owner: ours },
      lax,
      { owner: ours, conflict: { reason: 'other-owner' } },
    ],
    [
      'a stranger’s file that names the owner changes nothing',
      { owner: ours, accepted: { source: file, profile: kept } },
      { ...lax, owner: ours },
      { owner: ours, ...strict, conflict: { reason: 'other-file' } },
    ],
    [
      'a file that came after the model waits',
      { owner: ours, accepted: {} },
      { ...lax, owner: ours },
      { owner: ours, risk: 'minimal', conflict: { reason: 'not-accepted' } },
    ],
    [
      'the accepted file that names another owner now waits for a hand-over',
      { owner: ours, accepted: { source: file, profile: kept } },
      { ...lax, source: file },
      { owner: ours, ...strict, conflict: { reason: 'other-owner' } },
    ],
    [
      'the rules stay when the file is gone',
      { owner: ours, accepted: { source: file, profile: kept } },
      noFile,
      { owner: ours, ...strict, hasEntity: false },
    ],
    [
      'and when the registry itself brings the entity',
      { owner: ours, accepted: { source: file, profile: kept } },
      { ...lax, source: undefined },
      { owner: ours, ...strict },
    ],
    [
      'a wrong file of a stranger stops nothing',
      { owner: ours, accepted: { source: file, profile: kept } },
      { ...lax, owner: nobody, problem: 'spec.risk' },
      { owner: ours, ...strict },
    ],
    [
      'the accepted file that is wrong stops decisions',
      { owner: ours, accepted: { source: file, profile: kept } },
      { ...lax, source: file, owner: nobody, problem: 'spec.risk' },
      { owner: ours, problem: 'spec.risk' },
    ],
    [
      'the first owner by a file stays',
      { accepted: { owner: ours, source: file } },
      lax,
      { owner: ours, conflict: { reason: 'other-owner' } },
    ],
  ])('%s', (_, record, entity, expected) => {
    const { profile, accept } = settle(record, entity);
    expect(profile).toMatchObject(expected);
    expect(accept).toBeUndefined();
  });

  it('remembers the first file of a model nobody owns, once', () => {
    const { profile, accept } = settle({}, lax);
    expect(profile).toMatchObject({ owner: theirs });
    expect(accept).toMatchObject({ owner: theirs, source: otherFile });
    expect(settle({ accepted: accept }, lax)).toEqual({ profile });
  });

  it('remembers what the accepted file says now', () => {
    const now: EntityProfile = { ...lax, owner: ours, source: file };
    const { accept } = settle(
      { owner: ours, accepted: { source: file, profile: kept } },
      now,
    );
    expect(JSON.parse(accept?.profile ?? '')).toMatchObject({ approvals: 0 });
  });
});
