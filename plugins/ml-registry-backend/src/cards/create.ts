import type { TrainingJobs } from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import type { ModelSignatureService } from '../integrity/signatures/ModelSignatureService';
import { versionRefOf } from '../kernel/refs';
import type { LedgerService } from '../ledger/LedgerService';
import { CardService, type CardDeps } from './CardService';
import { CardStore } from './CardStore';
import {
  ReproductionService,
  type ReproductionDeps,
} from './ReproductionService';
import { ReproductionStore } from './ReproductionStore';

/** What is known and asked about versions beside their stages: ledger, card, signature, reproduction. */
export type CardServices = {
  ledgers: LedgerService;
  cards: CardService;
  signatures: ModelSignatureService;
  reproductions: ReproductionService;
};

/** Cards, and training a version again, put together. */
export function createCards(
  options: Omit<CardDeps, 'cards'> &
    Omit<ReproductionDeps, 'reproductions' | 'jobs'> & {
      knex: Knex;
      jobs?: () => TrainingJobs | undefined;
    },
) {
  const { knex, jobs = () => undefined } = options;
  const reproductions = new ReproductionStore(knex);
  return {
    cards: new CardService({ ...options, cards: new CardStore(knex) }),
    reproductions: new ReproductionService({ ...options, reproductions, jobs }),
    /** The version that a job trains again, as `default/churn@7`. */
    reproducedBy: async (jobId: string) => {
      const found = await reproductions.reproducedBy(jobId);
      return found && versionRefOf(found.name, found.version);
    },
  };
}
