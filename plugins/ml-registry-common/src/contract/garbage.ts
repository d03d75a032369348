import { defineContract, pageOf, pageQuerySchema } from '@downstage/common';
import { z } from 'zod';
import { garbageCollectionSchema } from '../model/garbage';

const collectionPathSchema = z.object({ id: z.string().min(1).max(64) });

/** Deleting for good what was deleted long ago and nothing needs. For administrators. */
export const garbageOperations = defineContract({
  previewGarbage: {
    method: 'post',
    path: '/v1/garbage-collections',
    summary: 'Look what would be deleted for good; nothing is deleted',
    response: garbageCollectionSchema,
    status: 201,
  },
  listGarbageCollections: {
    method: 'get',
    path: '/v1/garbage-collections',
    summary: 'The last looks and collections, newest first, without items',
    query: pageQuerySchema.extend({
      limit: pageQuerySchema.shape.limit.default(20),
    }),
    response: pageOf(
      garbageCollectionSchema.omit({
        items: true,
        kept: true,
        experiments: true,
      }),
    ),
  },
  getGarbageCollection: {
    method: 'get',
    path: '/v1/garbage-collections/:id',
    summary: 'One look, and how far deleting it has come',
    params: collectionPathSchema,
    response: garbageCollectionSchema,
  },
  collectGarbage: {
    method: 'post',
    path: '/v1/garbage-collections/:id/collect',
    summary:
      'Delete for good what this look showed, as far as nothing needs it by now',
    params: collectionPathSchema,
    response: garbageCollectionSchema,
  },
});
