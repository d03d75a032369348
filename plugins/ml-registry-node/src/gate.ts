import type {
  DatasetInput,
  GateVerdict,
  Signature,
  Stage,
  VersionSummary,
} from '@downstage/plugin-ml-registry-common';

/** What a gate may look at: one version and the stage it would enter. */
export type GateSubject = {
  modelRef: string;
  versionRef: string;
  version: number;
  to: Stage;
  metrics: Record<string, number>;
  signature?: Signature;
  flavors: string[];
  tags: Record<string, string>;
  /** The run is still writing: what is missing may yet come. */
  running: boolean;
  /** How much harm a wrong answer of this model does. */
  risk?: 'minimal' | 'limited' | 'high';
  /** What the version learned from; `ref` where it is a data-set version the portal knows. */
  datasets?: DatasetInput[];
  /** What the Model entity asks of that data. */
  dataQuality?: 'passed' | 'not-failed';
  /** The production version to compare with; absent for the first one. */
  champion?: VersionSummary;
};

/**
 * A check a version has to pass before it enters a stage.
 *
 * @remarks
 * Asked more than once for the same version; must not change anything. A verdict that cannot be told yet is `pending`
 * and is asked again. A gate that throws is taken as `pending` with the error as its message: a promotion never
 * passes because a gate was broken.
 *
 * @example
 * ```ts
 * const named: Gate = {
 *   name: 'documented',
 *   async evaluate({ tags }) {
 *     const passed = Boolean(tags.card);
 *     return [{ gate: 'documented', status: passed ? 'passed' : 'failed', saw: tags.card ?? 'no tag card',
 *       wanted: 'a tag card', message: passed ? 'Has a card' : 'No card', how: 'Set the tag card on the version' }];
 *   },
 * };
 * ```
 */
export interface Gate {
  name: string;
  evaluate(subject: GateSubject): Promise<GateVerdict[]>;
}
