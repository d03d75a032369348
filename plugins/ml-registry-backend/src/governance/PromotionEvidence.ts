import type {
  Evidence,
  FileEvidence,
  Measurement,
  PromotionTarget,
} from '@downstage/plugin-ml-registry-common';
import type { ApprovalRule } from '@downstage/plugin-ml-registry-common';
import {
  basisChanges,
  basisOf,
  digestOfBasis,
  type BasisChange,
  type BasisParts,
} from './domain/evidenceBasis';
import { isPolicyTag, type GovernancePolicy } from '../versions/domain/policy';
import type { Database } from '../kernel/database/database';
import type { EvidenceStore } from './stores/EvidenceStore';
import type { VersionFacts } from '../versions/stores/VersionQueries';
import type { CardSource } from './CardSource';
import type { ModelFiles } from '../versions/ModelFiles';
import type { ModelProfile } from '../owners/ModelProfiles';
import type { VersionFiles } from '../versions/VersionFiles';
import {
  commitOf,
  datasetsOf,
  jobOf,
  summaryOf,
} from '../versions/versionView';

/** What a promotion depends on, as it is now. */
export type EvidenceSubject = {
  version: VersionFacts;
  profile: ModelProfile;
  champion?: VersionFacts;
  rule: ApprovalRule;
  to: PromotionTarget;
};

/** Freezes the evidence of a promotion, and says later whether it still holds. */
export class PromotionEvidence {
  readonly #store: EvidenceStore;
  readonly #files: VersionFiles;
  readonly #modelFiles: ModelFiles;
  readonly #cards: CardSource | undefined;
  readonly #policy: GovernancePolicy;

  constructor(options: {
    evidence: EvidenceStore;
    versionFiles: VersionFiles;
    files: ModelFiles;
    cards?: CardSource;
    policy: GovernancePolicy;
  }) {
    this.#store = options.evidence;
    this.#files = options.versionFiles;
    this.#modelFiles = options.files;
    this.#cards = options.cards;
    this.#policy = options.policy;
  }

  async freeze(subject: EvidenceSubject, at: string): Promise<Evidence> {
    const { version, champion } = subject;
    const { files, measurements, card, parts } = await this.#parts(subject);
    const { signature } = await this.#modelFiles.read(version.storageLocation);
    const basis = basisOf(parts);
    return {
      at,
      metrics: version.run?.metrics ?? {},
      datasets: datasetsOf(version),
      champion: champion && summaryOf(champion),
      runId: version.runId,
      jobId: jobOf(version),
      commit: commitOf(version),
      signature,
      files,
      ...(card && { card: { filled: card.filled, missing: card.missing } }),
      measurements,
      basis,
      digest: digestOfBasis(basis),
    };
  }

  /** What changed since the evidence was frozen. Promotions from before there was a basis never change. */
  async changes(
    evidence: Evidence,
    subject: EvidenceSubject,
  ): Promise<BasisChange[]> {
    if (!evidence.basis) return [];
    const { parts } = await this.#parts(subject);
    return basisChanges(evidence.basis, basisOf(parts));
  }

  /** The part of it that can change between two statements, read in the transaction that decides. */
  async changesWithin(
    db: Database,
    evidence: Evidence,
    subject: EvidenceSubject,
  ): Promise<BasisChange[]> {
    if (!evidence.basis) return [];
    const { name, version } = subject.version;
    const facts = await this.#store.quickFacts(db, { name, version });
    const now = basisOf({
      ...this.#quickParts(subject, facts),
      files: '',
      measurements: [],
      gates: '',
      author: '',
    });
    const { tags, metrics } = evidence.basis;
    return basisChanges(
      { tags, metrics },
      { tags: now.tags, metrics: now.metrics },
    );
  }

  async #parts(subject: EvidenceSubject): Promise<{
    files: FileEvidence;
    measurements: Measurement[];
    card?: { filled: string[]; missing: string[]; digest?: string };
    parts: BasisParts;
  }> {
    const { version, profile, champion, rule, to } = subject;
    const files = await this.#files.list(version.storageLocation);
    const measurements = await this.#store.measurements(
      version.name,
      version.version,
    );
    const looked = metricsOf(profile);
    const card = await this.#cards?.read(version);
    const authors = await this.#store.authors(version.name, version.version);
    return {
      files,
      measurements,
      card,
      parts: {
        ...this.#quickParts(subject, {
          tags: version.tags,
          metrics: version.run?.metrics ?? {},
        }),
        files: files.digest,
        measurements: measurements.filter(({ metric }) =>
          looked.includes(metric),
        ),
        gates: {
          evaluation: profile.evaluation,
          risk: profile.risk,
          problem: profile.problem,
          rule,
        },
        ...(to === 'production' && { champion: champion?.version }),
        author: authors.join(' '),
        ...(card && { card: card.digest ?? card.filled }),
      },
    };
  }

  #quickParts(
    { profile }: EvidenceSubject,
    facts: { tags: Record<string, string>; metrics: Record<string, number> },
  ): Pick<BasisParts, 'tags' | 'metrics'> {
    return {
      tags: Object.fromEntries(
        Object.entries(facts.tags).filter(([key]) =>
          isPolicyTag(key, this.#policy),
        ),
      ),
      metrics: Object.fromEntries(
        metricsOf(profile).map(metric => [metric, facts.metrics[metric]]),
      ),
    };
  }
}

/** The metrics that a decision looks at. */
function metricsOf({ evaluation }: ModelProfile): string[] {
  const names = (evaluation?.gates ?? []).map(({ metric }) => metric);
  const primary = evaluation?.primaryMetric?.name;
  return [...new Set([...names, ...(primary ? [primary] : [])])].sort();
}
