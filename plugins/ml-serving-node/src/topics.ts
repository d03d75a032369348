import { defineTopic } from '@downstage/node';
import {
  endpointChangedSchema,
  endpointChangedTopicName,
} from '@downstage/plugin-ml-serving-common';

/** An endpoint was created, deleted, or moved to another version or state. */
export const endpointChangedTopic = defineTopic(
  endpointChangedTopicName,
  endpointChangedSchema,
);
