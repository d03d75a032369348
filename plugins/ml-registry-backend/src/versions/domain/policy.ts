/** Which aliases and tags only move together with a decision. */
export type GovernancePolicy = {
  /** Patterns of aliases that only the version in production may have; `*` stands for anything. */
  protectedAliases: string[];
  /** Patterns of tags that are part of what is approved. */
  policyTags: string[];
};

export const defaultPolicy: GovernancePolicy = {
  protectedAliases: [],
  policyTags: ['downstage.*'],
};

/** Aliases that stand for a stage on every model; the documentation names them from here. */
export const stageOfName = {
  champion: 'production',
  production: 'production',
  challenger: 'candidate',
} as const;

/** The stage an alias stands for, if it is protected. MLflow's aliases know no case, so neither does this. */
export function stageOfAlias(
  alias: string,
  { protectedAliases }: GovernancePolicy,
): 'production' | 'candidate' | undefined {
  const name = alias.toLowerCase();
  const known = Object.entries(stageOfName).find(([key]) => key === name)?.[1];
  if (known) return known;
  return matchesAny(name, protectedAliases) ? 'production' : undefined;
}

/** Whether the stages move this alias by themselves, under exactly this name. */
export function isStageAlias(alias: string): boolean {
  return alias === 'champion' || alias === 'challenger';
}

export function isPolicyTag(
  key: string,
  { policyTags }: GovernancePolicy,
): boolean {
  return matchesAny(key.toLowerCase(), policyTags);
}

function matchesAny(text: string, patterns: string[]): boolean {
  return patterns.some(pattern =>
    new RegExp(
      `^${pattern
        .toLowerCase()
        .split('*')
        .map(part => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
        .join('.*')}$`,
    ).test(text),
  );
}
