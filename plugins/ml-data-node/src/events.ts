import { defineTopic } from '@downstage/node';
import {
  datasetVersionCreatedSchema,
  datasetVersionCreatedTopic,
} from '@downstage/plugin-ml-data-common';

/** Sent after a new version was stored; may be lost, so nothing may depend on it. */
export const datasetVersionCreated = defineTopic(
  datasetVersionCreatedTopic,
  datasetVersionCreatedSchema,
);
