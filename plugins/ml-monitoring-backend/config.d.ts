import type { HumanDuration } from '@backstage/types';

export interface Config {
  /** Drift of served models against the data they learned from. */
  mlMonitoring?: {
    window?: {
      /** Predictions a window needs for a verdict; 200 unless given. */
      minRows?: number;
      /** How often is looked whether a window is full; PT1M unless given. */
      every?: string | HumanDuration;
      /** After this time a window is closed with what there is; PT1H unless given. */
      atLeastEvery?: string | HumanDuration;
      /** Windows kept per model; 1000 unless given. */
      keep?: number;
    };
    labels?: {
      /** Labels received so many days ago are removed, 1 to 36500; 400 unless given. */
      retentionDays?: number;
    };
    thresholds?: {
      /** Population stability index of a warning; 0.1 unless given. */
      warning?: number;
      /** Population stability index of drift; 0.2 unless given. */
      drift?: number;
    };
  };
}
