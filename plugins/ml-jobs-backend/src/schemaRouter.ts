import { jobDefinitionJsonSchema } from '@downstage/plugin-ml-jobs-common';
import Router from 'express-promise-router';

/** Where editors find the JSON Schema of `downstage.yaml`. */
export const schemaPath = '/v1/downstage.schema.json';

/** The schema that this portal checks with, open to everybody: editors send no token, and it says nothing of anybody. */
export function createSchemaRouter() {
  const schema = JSON.stringify(jobDefinitionJsonSchema());
  const router = Router();
  router.get(schemaPath, (_, response) => {
    response
      .type('application/schema+json')
      .set('cache-control', 'public, max-age=3600')
      .send(schema);
  });
  return router;
}
