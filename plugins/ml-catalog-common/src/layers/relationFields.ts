const inherit = 'inherit' as const;

/** The relation fields all three kinds have. */
export const baseRelationFields = [
  {
    selector: { path: 'spec.owner' },
    relation: 'ownedBy',
    defaultKind: 'Group',
    defaultNamespace: inherit,
    allowedKinds: ['Group', 'User'],
  },
  {
    selector: { path: 'spec.system' },
    relation: 'partOf',
    defaultKind: 'System',
    defaultNamespace: inherit,
    allowedKinds: ['System'],
  },
  {
    // No default kind: a dependency may be anything, so its ref says what it is.
    selector: { path: 'spec.dependsOn' },
    relation: 'dependsOn',
    defaultNamespace: inherit,
  },
];

/** A field of refs to one of our own kinds. */
export function refField(path: string, relation: string, kind: string) {
  return {
    selector: { path },
    relation,
    defaultKind: kind,
    defaultNamespace: inherit,
    allowedKinds: [kind],
  };
}
