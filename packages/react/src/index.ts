/**
 * Shared by every page: the frame with four faces, plots, badges, formats.
 *
 * @packageDocumentation
 */
export { Frame, type EmptyFace } from './Frame';
export { reasonOf } from './reasonOf';
export { refusalOf } from './refusalOf';
export { useLoad, type Loaded } from './useLoad';
export { usePages, type Pages } from './usePages';
export { Pager } from './Pager';
export { useContractClient } from './useContractClient';
export { Plot, seriesColors } from './Plot';
export { StatusBadge, type Tone } from './StatusBadge';
export { CopyButton } from './CopyButton';
export { CodeBlock } from './CodeBlock';
export { Time } from './Time';
export { useMe, useOwns, type Me } from './useOwns';
export {
  formatBytes,
  formatDuration,
  formatNumber,
  formatRelative,
} from './format';
export { Facts } from './Facts';
export { PlainTable } from './PlainTable';
export { Section } from './Section';
export { useAction, type Action, type Success } from './useAction';
export { ConfirmDialog } from './ConfirmDialog';
export { useModelEntity, type ModelIdentity } from './useModelEntity';
export { Wide } from './Wide';
export {
  ModelHealthBlueprint,
  type ModelHealth,
  type ModelHealthSource,
} from './ModelHealthBlueprint';
export { JobResultBlueprint, type JobResult } from './JobResultBlueprint';
