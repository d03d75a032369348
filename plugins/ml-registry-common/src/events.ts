import { z } from 'zod';

/**
 * Names of the event topics; signals go out on channels of the same names.
 * Payloads carry ids and no more, and may be lost.
 */
export const mlRegistryTopics = {
  versionCreated: 'ml-registry.version-created',
  stageChanged: 'ml-registry.stage-changed',
  promotionChanged: 'ml-registry.promotion-changed',
  modelChanged: 'ml-registry.model-changed',
} as const;

export const versionCreatedSchema = z.object({
  modelRef: z.string(),
  versionRef: z.string(),
});
export type VersionCreated = z.infer<typeof versionCreatedSchema>;

export const stageChangedSchema = z.object({
  modelRef: z.string(),
  versionRef: z.string(),
  from: z.string(),
  to: z.string(),
});
export type StageChanged = z.infer<typeof stageChangedSchema>;

export const promotionChangedSchema = z.object({
  id: z.string(),
  modelRef: z.string(),
});
export type PromotionChanged = z.infer<typeof promotionChangedSchema>;

export const modelChangedSchema = z.object({ modelRef: z.string() });
