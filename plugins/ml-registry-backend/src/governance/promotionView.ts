import type { Promotion } from '@downstage/plugin-ml-registry-common';
import { modelRefOf, versionRefOf } from '../kernel/refs';
import type { PromotionRecord } from './stores/PromotionStore';

/** A promotion as the contract shows it. */
export function toPromotion(record: PromotionRecord): Promotion {
  const { name, championVersion, waivers, ...rest } = record;
  return {
    ...rest,
    waivers: waivers.map(({ evidence, ...waiver }) => waiver),
    modelRef: modelRefOf(name),
    versionRef: versionRefOf(name, record.version),
  };
}
