import {
  RiAlertLine,
  RiCheckboxCircleLine,
  RiCloseCircleLine,
  RiIndeterminateCircleLine,
  RiLoader4Line,
} from '@remixicon/react';

/** What a status means, independent of its words. */
export type Tone = 'ok' | 'warning' | 'error' | 'running' | 'neutral';

const looks = {
  ok: { Icon: RiCheckboxCircleLine, color: 'var(--bui-fg-positive, #137a3e)' },
  warning: { Icon: RiAlertLine, color: 'var(--bui-fg-warning, #a65b00)' },
  error: { Icon: RiCloseCircleLine, color: 'var(--bui-fg-negative, #c21d1d)' },
  running: {
    Icon: RiLoader4Line,
    color: 'var(--bui-fg-announcement, #1f5fbf)',
  },
  neutral: {
    Icon: RiIndeterminateCircleLine,
    color: 'var(--bui-fg-secondary, #666)',
  },
} as const;

/** A status as icon and word. Only the icon is coloured: the colours are too light to be read as words. */
export function StatusBadge(props: {
  tone: Tone;
  label: string;
  title?: string;
  /** Goes on in a second line where there is no room: for words outside of tables. */
  wraps?: boolean;
}) {
  const { Icon, color } = looks[props.tone];
  return (
    <span
      title={props.title}
      style={{
        display: 'inline-flex',
        alignItems: 'center',
        gap: 4,
        color: 'var(--bui-fg-primary)',
        ...(props.wraps
          ? { overflowWrap: 'anywhere' }
          : { whiteSpace: 'nowrap' }),
      }}
    >
      <Icon size={16} color={color} style={{ flexShrink: 0 }} aria-hidden />
      <span>{props.label}</span>
    </span>
  );
}
