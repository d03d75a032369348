/**
 * Template actions of Downstage.
 *
 * @packageDocumentation
 */
export { scaffolderModuleMl as default } from './module';
export { createCheckProjectAction } from './actions/createCheckProjectAction';
export { createPublishProjectAction } from './actions/createPublishProjectAction';
export { createSubmitJobAction } from './actions/createSubmitJobAction';
