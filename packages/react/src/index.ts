/**
 * Shared by every page: the frame with four faces, plots, badges, formats.
 *
 * @packageDocumentation
 */
export { AccessNeeded, accessNeededOf } from './loading/AccessNeeded';
export { Frame, type EmptyFace } from './loading/Frame';
export { NamedText, Reason } from './showing/NamedText';
export { reasonOf } from './showing/reasonOf';
export { refusalOf } from './loading/refusalOf';
export { useLater } from './loading/useLater';
export { useLoad, type Loaded } from './loading/useLoad';
export { usePages, type Pages } from './loading/usePages';
export { useSlice, type Slice } from './loading/useSlice';
export { Pager } from './loading/Pager';
export { useContractClient } from './loading/useContractClient';
export { Plot, seriesColors } from './plots/Plot';
export { StatusBadge, type Tone } from './showing/StatusBadge';
export { CopyButton } from './showing/CopyButton';
export { DayField } from './showing/DayField';
export { CodeBlock } from './showing/CodeBlock';
export { Time } from './showing/Time';
export { useMe, useOwns, type Me } from './entities/useOwns';
export {
  formatBytes,
  formatDuration,
  formatNumber,
  formatRelative,
  formatTimeSpan,
} from './showing/format';
export { Facts } from './showing/Facts';
export { ListTable, type ListColumn } from './showing/ListTable';
export { PlainTable } from './showing/PlainTable';
export { Section } from './showing/Section';
export { useAction, type Action, type Success } from './changing/useAction';
export { ConfirmDialog } from './changing/ConfirmDialog';
export { useModelEntity, type ModelIdentity } from './entities/useModelEntity';
export { Wide } from './showing/Wide';
export {
  ModelHealthBlueprint,
  type ModelHealth,
  type ModelHealthSource,
} from './extensions/ModelHealthBlueprint';
export {
  JobResultBlueprint,
  type JobResult,
} from './extensions/JobResultBlueprint';
