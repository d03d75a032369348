import { defineTopic } from '@downstage/node';
import {
  mlRegistryTopics,
  modelChangedSchema,
  promotionChangedSchema,
  stageChangedSchema,
  versionCreatedSchema,
} from '@downstage/plugin-ml-registry-common';

/** A version was registered. May come more than once, or never. */
export const versionCreatedTopic = defineTopic(
  mlRegistryTopics.versionCreated,
  versionCreatedSchema,
);

/** A version changed its stage: a new champion, an archived one. */
export const stageChangedTopic = defineTopic(
  mlRegistryTopics.stageChanged,
  stageChangedSchema,
);

/** A promotion was requested, checked, decided or withdrawn. */
export const promotionChangedTopic = defineTopic(
  mlRegistryTopics.promotionChanged,
  promotionChangedSchema,
);

/** Something about a model itself changed: who owns it. */
export const modelChangedTopic = defineTopic(
  mlRegistryTopics.modelChanged,
  modelChangedSchema,
);
