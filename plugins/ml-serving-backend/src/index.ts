/**
 * The backend of ml-serving. Install it with `backend.add(import('@downstage/plugin-ml-serving-backend'))`.
 *
 * @packageDocumentation
 */
export { mlServingPlugin as default } from './plugin';
