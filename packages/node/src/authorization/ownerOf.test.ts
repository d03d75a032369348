import type { Entity } from '@backstage/catalog-model';
import { ownerOf } from './ownerOf';

const entity = (change: Partial<Entity>): Entity => ({
  apiVersion: 'downstage.dev/v1alpha1',
  kind: 'Model',
  metadata: { name: 'churn', namespace: 'retail' },
  ...change,
});
const related = [
  { type: 'partOf', targetRef: 'system:retail/x' },
  { type: 'ownedBy', targetRef: 'group:retail/credit' },
];

describe('the owner of an entity', () => {
  it.each([
    [
      'is what the relation says',
      { relations: related, spec: { owner: 'ann' } },
      'group:retail/credit',
    ],
    [
      'is a group of its namespace, where only its file says so',
      { spec: { owner: 'Credit' } },
      'group:retail/credit',
    ],
    [
      'is a user, where its file says so',
      { spec: { owner: 'user:default/ann' } },
      'user:default/ann',
    ],
    ['is nobody without either', { spec: {} }, undefined],
    [
      'is nobody where the file names no ref',
      { spec: { owner: 'group:' } },
      undefined,
    ],
    [
      'is nobody where the file says no text',
      { spec: { owner: 7 } },
      undefined,
    ],
  ])('%s', (_, change, owner) => {
    expect(ownerOf(entity(change))).toBe(owner);
  });
});
