/** Words of waivers, break-glass, lapses and frozen evidence. */
export const governanceMessages = {
  governance: {
    waived: 'Waived by {{by}}: {{reason}}',
    waive: 'Waive…',
    waiveTitle: 'Waive “{{gate}}”',
    waiveText:
      'The version passes although it failed this gate. Your name and your reason stay on the promotion and in the ledger for ever. When the evidence changes, the waiver does not count any more.',
    waiveConfirm: 'Waive this gate',
    waiveDone: 'The gate is waived; gates are checked again',
    waiveFailed: 'The gate was not waived',
    reason: 'Reason',
    lapses: 'Approvals that lapsed',
    lapse: 'Changed: {{changes}}',
    evidence: 'Evidence, frozen for this decision',
    evidenceAt: 'Frozen',
    evidenceFiles: 'Files',
    evidenceFileCount: '{{files}} files, {{digest}}',
    evidenceCard: 'Model card',
    evidenceCardFields: '{{filled}} of {{total}} fields filled',
    evidenceCommit: 'Commit',
    showFiles: 'Show all checksums',
    hideFiles: 'Hide checksums',
    glass: 'Break glass…',
    glassTitle: 'Break the glass for version {{version}}',
    glassText:
      'Puts this version into production at once, past its gates and without approval. Owners and administrators are told. The version, its model and the ledger show it for ever.',
    glassConfirm: 'Type the name of the model to confirm: {{name}}',
    glassSubmit: 'Put into production now',
    glassDone: 'Version {{version}} is in production, past its gates',
    glassFailed: 'The glass was not broken',
    glassBadge: 'Entered past its gates',
    glassBy:
      'Put into production past gates and approvals by {{by}}: {{reason}}',
    blocked: 'Blocked by a gate',
    decidedByMe: 'Approved by you',
    roles: 'Approvals have to come from {{roles}}.',
  },
} as const;
